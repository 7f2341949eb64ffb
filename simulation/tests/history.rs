//! What else the ledger keeps: synchronous removals, events that were not understood, and somebody who came back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::rc::Rc;

use participant_remover::ids::{CustomParticipantId, MeetingId, ParticipantId};
use participant_remover::ledger::{
    Acceptance, Change, Key, Ledger, Origin, Quarantined, RemovalId, RemovalState, Settings,
    SynchronousRemoval,
};
use participant_remover::removal::{Outcome, Target};
use simulation::clock::SimulatedClock;
use simulation::scenario::order;
use simulation::store::{Disk, SimulatedStore};

type TestLedger = Ledger<SimulatedStore>;

fn ledger() -> (SimulatedClock, TestLedger) {
    let disk = Rc::new(Disk::new().unwrap());
    let clock = SimulatedClock::new(7);
    let store = SimulatedStore(disk);
    let ledger = Ledger::open(store, Settings::default(), clock.now()).unwrap();
    (clock, ledger)
}

fn meeting() -> MeetingId {
    MeetingId::parse("00000000-0000-4000-8000-000000000000").unwrap()
}

#[test]
fn a_synchronous_removal_is_kept_and_its_requests_are_counted() {
    let (clock, ledger) = ledger();
    let done = SynchronousRemoval {
        caller: "support-desk",
        meeting: &meeting(),
        participant: &ParticipantId::parse("p1").unwrap(),
        kick: true,
        outcome: Outcome::AbsentAfterAmbiguous,
        requests: 4,
        attempts: 3,
        error: None,
    };
    let id = ledger.record_synchronous(&done, &clock).unwrap();
    let view = ledger.show(&id, clock.now()).unwrap().unwrap();
    assert_eq!(
        (view.state, view.source.as_str()),
        (RemovalState::Succeeded, "synchronous")
    );
    assert_eq!(view.progress.absent_after_ambiguous, 1);
    assert!(matches!(view.target, Some(Target::Participant { .. })));
    let items = ledger.items(&id, None, 10).unwrap().unwrap();
    assert_eq!(
        (items.rows[0].outcome, items.rows[0].attempts),
        (Some(Outcome::AbsentAfterAmbiguous), 3)
    );
    assert_eq!(ledger.health(clock.now()).unwrap().requests_in_window, 4);
    assert_eq!(
        ledger
            .health(clock.now() + 301_000)
            .unwrap()
            .requests_in_window,
        0
    );
    let failed = SynchronousRemoval {
        outcome: Outcome::Unknown,
        ..done
    };
    let id = ledger.record_synchronous(&failed, &clock).unwrap();
    assert_eq!(
        ledger.retry(&id, clock.now()).unwrap(),
        Some(Change::NotPossible(RemovalState::Failed))
    );
}

#[test]
fn an_event_that_was_not_understood_is_quarantined_once() {
    let (clock, ledger) = ledger();
    let key = Key {
        scope: "webhook:realtimekit".to_owned(),
        key: "d".to_owned(),
        digest: "d".to_owned(),
    };
    let event = Quarantined {
        source: "webhook:realtimekit",
        problem: "meeting.ended has no meeting.id",
        key: Some(&key),
    };
    let Acceptance::Accepted(id) = ledger.quarantine(&event, &clock).unwrap() else {
        panic!()
    };
    assert_eq!(
        ledger.quarantine(&event, &clock).unwrap(),
        Acceptance::Replayed(id.clone())
    );
    let listed = ledger
        .list(Some(RemovalState::Quarantined), None, 10, clock.now())
        .unwrap();
    assert_eq!((listed.rows.len(), &listed.rows[0].id), (1, &id));
    assert!(
        ledger
            .list(Some(RemovalState::Queued), None, 10, clock.now())
            .unwrap()
            .rows
            .is_empty()
    );
}

fn left(ledger: &TestLedger, clock: &SimulatedClock, user: &str, left_at: u64) -> RemovalId {
    let user = CustomParticipantId::parse(user).unwrap();
    let target = Target::UserInMeeting {
        meeting: meeting(),
        user,
    };
    let order = order(target, true, false, Some(clock.now() + 60_000)).unwrap();
    let origin = Origin {
        caller: None,
        source: "webhook:realtimekit",
        event_at: Some(left_at),
        key: None,
    };
    match ledger.accept(&[order], &origin, clock).unwrap() {
        Acceptance::Accepted(id) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_comes_back_in_time_is_not_removed() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let user = CustomParticipantId::parse("user").unwrap();
    let mine = left(&ledger, &clock, "user", now - 1_000);
    let other = left(&ledger, &clock, "other", now - 1_000);
    assert_eq!(ledger.next_alarm(now).unwrap(), Some(now + 60_000));
    let cancel = |source, joined| {
        ledger
            .cancel_pending(source, &meeting(), Some(&user), joined, now)
            .unwrap()
    };
    assert_eq!(cancel("api", Some(now)), []);
    assert_eq!(
        cancel("webhook:realtimekit", Some(now - 2_000)),
        [],
        "that was before they left"
    );
    assert_eq!(
        cancel("webhook:realtimekit", Some(now)),
        std::slice::from_ref(&mine)
    );
    let state = |id| ledger.show(id, now).unwrap().unwrap().state;
    assert_eq!(
        (state(&mine), state(&other)),
        (RemovalState::Cancelled, RemovalState::Scheduled)
    );
    assert_eq!(
        ledger.cancel(&mine, now).unwrap(),
        Some(Change::NotPossible(RemovalState::Cancelled))
    );
}

#[test]
fn lists_are_read_by_pages_newest_first() {
    let (clock, ledger) = ledger();
    let ids: Vec<_> = (0..5)
        .map(|n| left(&ledger, &clock, &format!("u{n}"), 0))
        .collect();
    let first = ledger.list(None, None, 2, clock.now()).unwrap();
    assert_eq!(
        first.rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&ids[4], &ids[3]]
    );
    let second = ledger
        .list(Some(RemovalState::Scheduled), first.next, 3, clock.now())
        .unwrap();
    assert_eq!(
        second.rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&ids[2], &ids[1], &ids[0]]
    );
    assert_eq!(second.next, None);
}

#[test]
fn notes_are_kept() {
    let (_, ledger) = ledger();
    assert_eq!(ledger.note("realtimekit.key").unwrap(), None);
    ledger.set_note("realtimekit.key", "a").unwrap();
    ledger.set_note("realtimekit.key", "b").unwrap();
    assert_eq!(
        ledger.note("realtimekit.key").unwrap().as_deref(),
        Some("b")
    );
}
