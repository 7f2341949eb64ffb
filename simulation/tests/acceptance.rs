//! Acceptance of removals: all or nothing, and only once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::rc::Rc;

use participant_remover::ids::{MeetingId, ParticipantId};
use participant_remover::ledger::{Acceptance, Filter, Key, Ledger, Origin, Settings};
use participant_remover::removal::{RemovalOrder, Target};
use simulation::clock::SimulatedClock;
use simulation::scenario::order;
use simulation::store::{Disk, SimulatedStore};

fn thousand() -> RemovalOrder {
    let meeting = MeetingId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let target = |number| Target::Participant {
        meeting: meeting.clone(),
        participant: ParticipantId::parse(&format!("p{number}")).unwrap(),
    };
    RemovalOrder {
        targets: (0..1_000).map(target).collect(),
        ..order(target(0), true, false, None).unwrap()
    }
}

fn key(digest: &str) -> Key {
    Key {
        scope: "caller:a".to_owned(),
        key: "k".to_owned(),
        digest: digest.to_owned(),
    }
}

fn ledger() -> (Rc<Disk>, SimulatedClock, Ledger<SimulatedStore>) {
    let disk = Rc::new(Disk::new().unwrap());
    let clock = SimulatedClock::new(7);
    let store = SimulatedStore(Rc::clone(&disk));
    let ledger = Ledger::open(store, Settings::default(), clock.now()).unwrap();
    (disk, clock, ledger)
}

#[test]
fn a_thousand_targets_are_stored_whole_or_not_at_all_and_once() {
    let (disk, clock, ledger) = ledger();
    let (order, first_key) = (thousand(), key("d"));
    let origin = Origin {
        caller: Some("a"),
        source: "api",
        event_at: None,
        key: Some(&first_key),
    };
    let mut failures = 0;
    let id = loop {
        disk.fail_once_after(failures);
        match ledger.accept(&order, &origin, &clock) {
            Ok(Acceptance::Accepted(id)) => break id,
            Ok(other) => panic!("{other:?}"),
            Err(_) => failures += 1,
        }
        disk.calm();
        assert!(
            ledger
                .list(Filter::default(), None, 10, clock.now())
                .unwrap()
                .rows
                .is_empty()
        );
    };
    disk.calm();
    assert!(failures >= 4, "each statement failed once");
    assert_eq!(
        ledger.show(&id, clock.now()).unwrap().unwrap().targets,
        1_000
    );
    for _ in 0..50 {
        let again = ledger.accept(&order, &origin, &clock).unwrap();
        assert_eq!(again, Acceptance::Replayed(id.clone()));
    }
    let other = key("another body");
    let origin = Origin {
        key: Some(&other),
        ..origin
    };
    assert_eq!(
        ledger.accept(&order, &origin, &clock).unwrap(),
        Acceptance::Conflict
    );
    assert_eq!(
        ledger
            .list(Filter::default(), None, 10, clock.now())
            .unwrap()
            .rows
            .len(),
        1
    );
}

#[test]
fn what_is_finished_goes_when_its_time_is_over_and_its_key_with_it() {
    let (_, clock, ledger) = ledger();
    let key = key("d");
    let origin = Origin {
        caller: Some("a"),
        source: "api",
        event_at: None,
        key: Some(&key),
    };
    let Acceptance::Accepted(id) = ledger.accept(&thousand(), &origin, &clock).unwrap() else {
        panic!("not accepted");
    };
    let day = 24 * 60 * 60 * 1000;
    let start = clock.now();
    assert_eq!(
        ledger.purge(start + 400 * day).unwrap(),
        0,
        "what is not final stays"
    );
    ledger.cancel(&id, Some("support-desk"), start).unwrap();
    assert_eq!(ledger.purge(start + 90 * day).unwrap(), 0);
    assert_eq!(
        ledger.accept(&thousand(), &origin, &clock).unwrap(),
        Acceptance::Replayed(id.clone())
    );
    // Everything that falls due within an hour is handled by one alarm.
    let latest = start + 90 * day + 60 * 60 * 1000;
    assert_eq!(ledger.next_alarm(start).unwrap(), Some(latest));
    assert_eq!(ledger.purge(start + 90 * day + 1).unwrap(), 1);
    assert_eq!(ledger.next_alarm(start).unwrap(), None);
    assert_eq!(ledger.show(&id, start).unwrap(), None);
    assert!(matches!(
        ledger.accept(&thousand(), &origin, &clock).unwrap(),
        Acceptance::Accepted(_)
    ));
}
