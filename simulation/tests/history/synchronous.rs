//! Removals of the synchronous route.

use participant_remover::ledger::{
    Change, Filter, RemovalId, RemovalState, Store, SynchronousRemoval,
};
use participant_remover::realtimekit::Clock;
use participant_remover::realtimekit::limits::{Left, RateLimit};
use participant_remover::removal::{Outcome, Target};

use simulation::store::SimulatedStore;

use super::{ledger, meeting, on_disk};

fn synchronous(id: &RemovalId, outcome: Outcome, at: u64) -> SynchronousRemoval {
    SynchronousRemoval {
        id: id.as_str().to_owned(),
        started_at_ms: Some(at - 50),
        at_ms: at,
        caller: "support-desk".to_owned(),
        meeting_id: meeting().as_str().to_owned(),
        participant_id: "p1".to_owned(),
        kick: true,
        outcome,
        api_requests: 4,
        attempts: 3,
        error: None,
        kick_error: None,
        limited: false,
        retry_after_ms: None,
        limited_at_ms: None,
        rate_limit: RateLimit::default(),
    }
}

#[test]
fn a_synchronous_removal_is_kept_and_its_requests_are_counted() {
    let (clock, ledger) = ledger();
    let id = RemovalId::new(clock.now(), || clock.random());
    let done = synchronous(&id, Outcome::AbsentAfterAmbiguous, clock.now() - 100);
    // The response to the first call was lost, and it was repeated together with another record.
    ledger
        .record_synchronous(std::slice::from_ref(&done), true, clock.now())
        .unwrap();
    let other = RemovalId::new(clock.now(), || clock.random());
    let later = synchronous(&other, Outcome::Removed, clock.now());
    ledger
        .record_synchronous(&[done, later], true, clock.now())
        .unwrap();
    let listed = ledger
        .list(Filter::default(), None, 10, clock.now())
        .unwrap();
    let ids: Vec<_> = listed.rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids, [&other, &id]);
    let view = ledger.show(&id, clock.now()).unwrap().unwrap();
    assert_eq!(
        (view.state, view.source.as_str()),
        (RemovalState::Succeeded, "synchronous")
    );
    assert_eq!(
        (view.accepted_at, view.finished_at),
        (clock.now() - 150, Some(clock.now() - 100))
    );
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
fn a_kick_that_failed_before_a_delete_that_did_not_is_told() {
    let (clock, ledger) = ledger();
    for (outcome, told) in [(Outcome::Removed, true), (Outcome::Failed, false)] {
        let id = RemovalId::new(clock.now(), || clock.random());
        let why = Some("RealtimeKit answered 500".to_owned());
        let done = SynchronousRemoval {
            kick_error: why.clone(),
            ..synchronous(&id, outcome, clock.now())
        };
        ledger
            .record_synchronous(&[done], true, clock.now())
            .unwrap();
        let view = ledger.show(&id, clock.now()).unwrap().unwrap();
        assert_eq!(view.kick_error, why.filter(|_| told), "{outcome:?}");
        assert_eq!(view.last_error, None);
    }
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
    let listed = ledger
        .list(Filter::default(), None, 10, clock.now())
        .unwrap();
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
                ledger.retry(&id, None, clock.now()).unwrap(),
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
fn what_a_synchronous_removal_hears_of_the_limit_is_believed() {
    let (clock, ledger) = ledger();
    let id = RemovalId::new(clock.now(), || clock.random());
    let now = clock.now();
    let mut done = synchronous(&id, Outcome::Removed, now - 1_000);
    done.rate_limit = RateLimit {
        left: vec![Left {
            requests: 0,
            seconds: 60,
        }],
        quota: Some(300),
        window_seconds: Some(300),
    };
    ledger.record_synchronous(&[done], false, now).unwrap();
    let health = ledger.health(now).unwrap();
    let pause = health.pause.unwrap();
    // Counted from when it was received.
    assert_eq!(pause.until, now - 1_000 + 60_000);
    assert_eq!(health.requests_allowed, 300);
}

#[test]
fn the_requests_of_an_hour_ago_take_no_room() {
    for keep in [true, false] {
        let (clock, disk, ledger) = on_disk();
        for _ in 0..3_600 {
            let id = RemovalId::new(clock.now(), || clock.random());
            let done = synchronous(&id, Outcome::Removed, clock.now());
            ledger
                .record_synchronous(&[done], keep, clock.now())
                .unwrap();
            clock.advance(clock.now() + 1_000);
        }
        let rows = SimulatedStore(disk)
            .run("SELECT count(*) FROM api_requests", &[])
            .unwrap();
        let rows = rows[0].integer(0).unwrap();
        assert!(rows <= 302, "{rows} rows");
    }
}
