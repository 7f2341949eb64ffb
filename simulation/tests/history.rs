//! What else the ledger keeps: synchronous removals, events that were not understood, and somebody who came back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::rc::Rc;

use participant_remover::ids::{CustomParticipantId, MeetingId};
use participant_remover::ledger::{
    Acceptance, Change, Connection, Key, Ledger, Origin, Quarantined, RemovalId, RemovalState,
    Settings, SynchronousRemoval,
};
use participant_remover::realtimekit::Clock;
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

fn synchronous(id: &RemovalId, outcome: Outcome, at: u64) -> SynchronousRemoval {
    SynchronousRemoval {
        id: id.as_str().to_owned(),
        at_ms: at,
        caller: "support-desk".to_owned(),
        meeting_id: meeting().as_str().to_owned(),
        participant_id: "p1".to_owned(),
        kick: true,
        outcome,
        api_requests: 4,
        attempts: 3,
        error: None,
        limited: false,
        retry_after_ms: None,
    }
}

#[test]
fn a_synchronous_removal_is_kept_and_its_requests_are_counted() {
    let (clock, ledger) = ledger();
    let id = RemovalId::new(clock.now(), || clock.random());
    let done = synchronous(&id, Outcome::AbsentAfterAmbiguous, clock.now() - 100);
    // The answer to the first call was lost, and it came again beside another record.
    ledger
        .record_synchronous(std::slice::from_ref(&done), true, clock.now())
        .unwrap();
    let other = RemovalId::new(clock.now(), || clock.random());
    let later = synchronous(&other, Outcome::Removed, clock.now());
    ledger
        .record_synchronous(&[done, later], true, clock.now())
        .unwrap();
    let listed = ledger.list(None, None, 10, clock.now()).unwrap();
    let ids: Vec<_> = listed.rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids, [&other, &id]);
    let view = ledger.show(&id, clock.now()).unwrap().unwrap();
    assert_eq!(
        (view.state, view.source.as_str()),
        (RemovalState::Succeeded, "synchronous")
    );
    assert_eq!(view.accepted_at, clock.now() - 100);
    assert_eq!((view.progress.requests, view.kick), (4, true));
    assert!(matches!(view.target, Some(Target::Participant { .. })));
    let items = ledger.items(&id, None, 10).unwrap().unwrap();
    assert_eq!(items.rows.len(), 1);
    assert_eq!(
        (items.rows[0].outcome, items.rows[0].attempts),
        (Some(Outcome::AbsentAfterAmbiguous), 3)
    );
    assert_eq!(ledger.health(clock.now()).unwrap().requests_in_window, 8);
    assert_eq!(
        ledger
            .health(clock.now() + 301_000)
            .unwrap()
            .requests_in_window,
        0
    );
}

#[test]
fn without_a_history_the_requests_of_synchronous_removals_are_counted_all_the_same() {
    let (clock, ledger) = ledger();
    let id = RemovalId::new(clock.now(), || clock.random());
    let done = SynchronousRemoval {
        limited: true,
        ..synchronous(&id, Outcome::Failed, clock.now())
    };
    ledger
        .record_synchronous(&[done], false, clock.now())
        .unwrap();
    assert_eq!(ledger.health(clock.now()).unwrap().requests_in_window, 4);
    assert_eq!(
        ledger.limited_until(clock.now()),
        Some(clock.now() + 300_000)
    );
    let listed = ledger.list(None, None, 10, clock.now()).unwrap();
    assert!(listed.rows.is_empty());
}

#[test]
fn each_outcome_of_a_synchronous_removal_has_its_state_and_counter() {
    let (clock, ledger) = ledger();
    for outcome in [
        Outcome::Removed,
        Outcome::AlreadyAbsent,
        Outcome::AbsentAfterAmbiguous,
        Outcome::Unknown,
        Outcome::Failed,
    ] {
        let id = RemovalId::new(clock.now(), || clock.random());
        let done = synchronous(&id, outcome, clock.now());
        ledger
            .record_synchronous(&[done], true, clock.now())
            .unwrap();
        let view = ledger.show(&id, clock.now()).unwrap().unwrap();
        let expected = if outcome.is_gone() {
            RemovalState::Succeeded
        } else {
            RemovalState::Failed
        };
        assert_eq!(view.state, expected, "{outcome:?}");
        let counted = &view.progress;
        assert_eq!(
            [
                counted.removed,
                counted.already_absent,
                counted.absent_after_ambiguous,
                counted.failed
            ],
            [
                u64::from(outcome == Outcome::Removed),
                u64::from(outcome == Outcome::AlreadyAbsent),
                u64::from(outcome == Outcome::AbsentAfterAmbiguous),
                u64::from(!outcome.is_gone())
            ],
            "{outcome:?}"
        );
        if !outcome.is_gone() {
            assert_eq!(
                ledger.retry(&id, clock.now()).unwrap(),
                Some(Change::NotPossible(RemovalState::Failed)),
                "its caller repeats it"
            );
        }
    }
}

#[test]
fn a_synchronous_removal_that_met_with_the_limit_stops_durable_work() {
    let (clock, ledger) = ledger();
    let id = RemovalId::new(clock.now(), || clock.random());
    let done = SynchronousRemoval {
        limited: true,
        retry_after_ms: Some(120_000),
        ..synchronous(&id, Outcome::Failed, clock.now())
    };
    ledger
        .record_synchronous(&[done], true, clock.now())
        .unwrap();
    let until = ledger.pause(clock.now()).unwrap().until;
    assert_eq!(until, clock.now() + 120_000);
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
fn whoever_is_there_by_another_connection_has_not_left() {
    let (clock, ledger) = ledger();
    let now = clock.now();
    let (user, meeting) = (CustomParticipantId::parse("user").unwrap(), meeting());
    let connection = |peer| Connection {
        source: "webhook:realtimekit",
        meeting: &meeting,
        user: Some(&user),
        peer,
    };
    let join = |peer, at| {
        ledger
            .joined(connection(Some(peer)), now + at, now)
            .unwrap();
    };
    let left = |peer, at| ledger.left(connection(Some(peer)), now + at, now).unwrap();
    // The lost connection is noticed after the new one was made.
    join("a", 0);
    join("b", 10);
    assert!(left("a", 40));
    assert!(!left("b", 50));
    // A join that comes late is one of a connection that has ended.
    join("a", 0);
    assert!(!left("b", 50));
    // The leaving comes again after the return was told.
    join("c", 70);
    assert!(left("b", 60));
    // Without names the times decide.
    let nameless = connection(None);
    let other = CustomParticipantId::parse("other").unwrap();
    let of_other = Connection {
        user: Some(&other),
        ..nameless
    };
    ledger.joined(of_other, now + 20, now).unwrap();
    assert!(ledger.left(of_other, now, now).unwrap());
    assert!(!ledger.left(of_other, now + 30, now).unwrap());
    let another = Connection {
        source: "webhook:other",
        ..connection(Some("a"))
    };
    assert!(
        !ledger.left(another, now, now).unwrap(),
        "sources are apart"
    );
    // Somebody has joined since the meeting ended; and what nobody ends is forgotten after a day.
    let ended = |at, now| {
        ledger
            .ended("webhook:realtimekit", &meeting, at, now)
            .unwrap()
    };
    assert!(ended(now + 65, now));
    assert!(!ended(now + 65, now + 25 * 3_600_000));
    assert!(!ended(now + 75, now));
}

#[test]
fn a_key_is_known_as_long_as_its_removal() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (clock, ledger) = ledger();
    let start = clock.now();
    let key = Key {
        scope: "caller:backend".to_owned(),
        key: "k".to_owned(),
        digest: "d".to_owned(),
    };
    let origin = Origin {
        caller: Some("backend"),
        source: "api",
        event_at: None,
        key: Some(&key),
    };
    let target = Target::EveryoneInMeeting { meeting: meeting() };
    let orders = [order(target, true, false, Some(start + 300 * DAY)).unwrap()];
    let Acceptance::Accepted(id) = ledger.accept(&orders, &origin, &clock).unwrap() else {
        panic!()
    };
    clock.advance(start + 200 * DAY);
    ledger.cancel(&id, clock.now()).unwrap();
    clock.advance(start + 290 * DAY);
    ledger.purge(clock.now()).unwrap();
    assert_eq!(
        ledger.accept(&orders, &origin, &clock).unwrap(),
        Acceptance::Replayed(id.clone())
    );
    clock.advance(start + 291 * DAY);
    assert_eq!(ledger.purge(clock.now()).unwrap(), 1);
    assert!(matches!(
        ledger.accept(&orders, &origin, &clock).unwrap(),
        Acceptance::Accepted(another) if another != id
    ));
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
