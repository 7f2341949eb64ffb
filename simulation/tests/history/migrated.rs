//! Ledgers stored by earlier versions.

use std::rc::Rc;

use participant_remover::ids::CustomParticipantId;
use participant_remover::ledger::schema::migrate_to;
use participant_remover::ledger::{Change, Ledger, RemovalId, RemovalState, Settings, Store};
use participant_remover::values;
use simulation::clock::START;
use simulation::store::{Disk, SimulatedStore};

use super::meeting;

/// Work stored by the first version is continued: a user everywhere, and one whose return prevents the removal.
#[test]
fn a_ledger_of_the_first_version_goes_on() {
    let disk = Rc::new(Disk::new().unwrap());
    let store = SimulatedStore(Rc::clone(&disk));
    migrate_to(&store, 1).unwrap();
    for (id, state, wakes) in [
        ("01M325KBJANMNJVYTPS316QDZ0", "queued", START),
        ("01M325KBJANMNJVYTPS316QDZ1", "scheduled", START + 60_000),
    ] {
        store
            .run(
                "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, wake_at, turn)
                 VALUES (?1, ?2, 'webhook:realtimekit', 0, 0, 1, ?3, ?4, ?4)",
                &values![id, state, START, wakes],
            )
            .unwrap();
    }
    store
        .run(
            "INSERT INTO targets (removal, position, meeting, user) VALUES (1, 0, NULL, 'a'), (2, 0, ?1, 'b')",
            &values![meeting().as_str()],
        )
        .unwrap();
    let ledger = Ledger::open(SimulatedStore(disk), Settings::default(), START).unwrap();
    let rows = store
        .run("SELECT everywhere FROM removals ORDER BY seq", &[])
        .unwrap();
    let everywhere: Vec<bool> = rows.iter().map(|row| row.flag(0).unwrap()).collect();
    assert_eq!(everywhere, [true, false]);
    let user = CustomParticipantId::parse("b").unwrap();
    let cancelled = ledger
        .cancel_pending("webhook:realtimekit", &meeting(), Some(&user), None, START)
        .unwrap();
    let [id] = cancelled.as_slice() else {
        panic!("{cancelled:?}")
    };
    let view = ledger.show(id, START).unwrap().unwrap();
    assert_eq!(view.state, RemovalState::Cancelled);
}

/// Work stored by the second version is continued: leftover rows of work are deleted.
#[test]
fn a_ledger_of_the_second_version_goes_on() {
    let disk = Rc::new(Disk::new().unwrap());
    let store = SimulatedStore(Rc::clone(&disk));
    migrate_to(&store, 2).unwrap();
    for statement in [
        "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, started_at, everywhere)
         VALUES ('01M325KBJANMNJVYTPS316QDZ0', 'running', 'api', 0, 0, 1, 1, 1, 1)",
        "INSERT INTO works (removal, meeting, rank, lists, stage) VALUES (1, 'm', 2, 1, 'reading')",
    ] {
        store.run(statement, &[]).unwrap();
    }
    let ledger = Ledger::open(SimulatedStore(disk), Settings::default(), START).unwrap();
    let id = RemovalId::parse("01M325KBJANMNJVYTPS316QDZ0").unwrap();
    assert_eq!(
        ledger.cancel(&id, Some("support-desk"), START).unwrap(),
        Some(Change::Done)
    );
    ledger.purge(START).unwrap();
    let left = store
        .run("SELECT 1 FROM works UNION ALL SELECT 1 FROM leftovers", &[])
        .unwrap();
    assert_eq!(left, []);
}

/// Work stored by the third version is continued: a failed kick is reported for those deleted after it.
#[test]
fn a_ledger_of_the_third_version_goes_on() {
    let disk = Rc::new(Disk::new().unwrap());
    let store = SimulatedStore(Rc::clone(&disk));
    migrate_to(&store, 3).unwrap();
    for statement in [
        "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, started_at)
         VALUES ('01M325KBJANMNJVYTPS316QDZ0', 'running', 'api', 1, 0, 1, 1, 1)",
        "INSERT INTO works (removal, meeting, rank, lists, stage, kick_error)
         VALUES (1, 'm', 2, 0, 'deleting', 'RealtimeKit answered 500')",
        "INSERT INTO items (removal, work, meeting, participant, state, outcome, found_at)
         VALUES (1, 1, 'm', 'p', 'done', 'removed', 1)",
    ] {
        store.run(statement, &[]).unwrap();
    }
    let ledger = Ledger::open(SimulatedStore(disk), Settings::default(), START).unwrap();
    let id = RemovalId::parse("01M325KBJANMNJVYTPS316QDZ0").unwrap();
    let view = ledger.show(&id, START).unwrap().unwrap();
    assert_eq!(view.kick_error.as_deref(), Some("RealtimeKit answered 500"));
}
