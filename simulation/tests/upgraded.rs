//! Work started by another version of the Worker.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use std::rc::Rc;

use participant_remover::ledger::Store;
use participant_remover::ledger::schema::{migrate, migrate_to};
use participant_remover::values;
use scene::{live_meeting, meeting_id, meetings_with, scene};
use simulation::asked::Asked;
use simulation::clock::START;
use simulation::store::SimulatedStore;
use simulation::world::World;

/// The second version did not record when somebody was kicked: those it left to be deleted may have come back.
#[test]
fn whoever_was_to_be_deleted_before_kicks_were_noted_is_kicked_once_more() {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, 1);
    let id = meeting_id(&scenario, meeting);
    let mut world = World::new(scenario).unwrap();
    let store = SimulatedStore(Rc::clone(&world.disk));
    migrate_to(&store, 2).unwrap();
    let stored = [
        (
            "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, started_at, wake_at)
             VALUES ('01M325KBJANMNJVYTPS316QDZ0', 'running', 'api', 1, 0, 1, 1, 1, ?1)",
            values![START].to_vec(),
        ),
        (
            "INSERT INTO targets (removal, position, meeting, participant) VALUES (1, 0, ?1, 'p1')",
            values![id.as_str()].to_vec(),
        ),
        (
            "INSERT INTO works (removal, meeting, rank, lists, stage) VALUES (1, ?1, 1, 0, 'deleting')",
            values![id.as_str()].to_vec(),
        ),
        (
            "INSERT INTO items (removal, work, meeting, participant, state, due_at, found_at)
             VALUES (1, 1, ?2, 'p1', 'pending', ?1, 1)",
            values![START, id.as_str()].to_vec(),
        ),
    ];
    for (statement, values) in stored {
        store.run(statement, &values).unwrap();
    }
    world.disk.set_alarm(Some(START));
    world.disk.commit();
    while world.network.left.borrow().len() < 2 {
        assert!(world.advance().unwrap());
    }
    let left = world.network.left.borrow();
    assert!(matches!(left[0].asked, Asked::Kick(..)), "{:?}", left[0]);
    assert!(matches!(left[1].asked, Asked::Delete(..)), "{:?}", left[1]);
}

/// The first version completes the removals at work and ignores those waiting for room. When this version runs again,
/// they are all that is left.
#[test]
fn those_that_wait_for_room_go_on_when_another_version_has_ended_the_others() {
    let mut scenario = scene(100);
    meetings_with(&mut scenario, false, 3, "user-0");
    let mut world = World::new(scenario).unwrap();
    let store = SimulatedStore(Rc::clone(&world.disk));
    migrate(&store).unwrap();
    for statement in [
        "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, everywhere, wake_at)
         VALUES ('01M325KBJANMNJVYTPS316QDZ0', 'queued', 'api', 0, 0, 1, 1, 1, NULL)",
        "INSERT INTO targets (removal, position, user) VALUES (1, 0, 'user-0')",
    ] {
        store.run(statement, &[]).unwrap();
    }
    world.disk.set_alarm(Some(START));
    world.disk.commit();
    while world.advance().unwrap() {}
    let rows = store.run("SELECT state, removed FROM removals", &[]);
    let rows = rows.unwrap();
    assert_eq!(rows[0].text(0).unwrap(), "succeeded");
    assert_eq!(rows[0].integer(1).unwrap(), 3);
}
