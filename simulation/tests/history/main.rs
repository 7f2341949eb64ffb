//! What else the ledger keeps: synchronous removals, events that were not understood, and returning users.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod kept;
mod migrated;
mod returning;
mod synchronous;

use std::rc::Rc;

use participant_remover::ids::{CustomParticipantId, MeetingId};
use participant_remover::ledger::{Acceptance, Ledger, Origin, RemovalId, Settings};
use participant_remover::removal::Target;
use simulation::clock::SimulatedClock;
use simulation::scenario::order;
use simulation::store::{Disk, SimulatedStore};

type TestLedger = Ledger<SimulatedStore>;

fn ledger() -> (SimulatedClock, TestLedger) {
    let (clock, _, ledger) = on_disk();
    (clock, ledger)
}

fn on_disk() -> (SimulatedClock, Rc<Disk>, TestLedger) {
    let disk = Rc::new(Disk::new().unwrap());
    let clock = SimulatedClock::new(7);
    let store = SimulatedStore(Rc::clone(&disk));
    let ledger = Ledger::open(store, Settings::default(), clock.now()).unwrap();
    (clock, disk, ledger)
}

fn meeting() -> MeetingId {
    MeetingId::parse("00000000-0000-4000-8000-000000000000").unwrap()
}

/// Accepts a removal, due in a minute, of somebody who left.
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
    match ledger.accept(&order, &origin, clock).unwrap() {
        Acceptance::Accepted(id) => id,
        other => panic!("{other:?}"),
    }
}
