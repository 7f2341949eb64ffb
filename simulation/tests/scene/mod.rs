//! Scenarios without faults, for tests that count.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    dead_code,
    missing_docs
)]

use participant_remover::ids::{CustomParticipantId, MeetingId, ParticipantId};
use participant_remover::ledger::{RemovalState, RemovalView, Settings, Store};
use participant_remover::removal::{RemovalOrder, Target};
use simulation::clock::START;
use simulation::faults::Faults;
use simulation::population::Population;
use simulation::scenario::{Scenario, order};
use simulation::script::Act;
use simulation::store::SimulatedStore;
use simulation::world::World;

/// A scenario with nobody in it, no faults, the default settings, and `latency` milliseconds at most each way.
pub fn scene(latency: u64) -> Scenario {
    Scenario {
        seed: 1,
        population: Population::default(),
        faults: Faults::none(latency),
        settings: Settings::default(),
        page_rows: 100,
        no_totals: false,
        headers: true,
        quota: None,
        script: Vec::new(),
    }
}

/// Creates fifty meetings of the same users, `user-0` and so on.
pub fn fifty_meetings(users: usize) -> Scenario {
    let mut scenario = scene(50);
    for _ in 0..50 {
        let meeting = scenario.population.add_meeting(false);
        for seat in 0..users {
            scenario
                .population
                .add(meeting, &format!("user-{seat}"), START);
        }
    }
    scenario
}

/// Orders ten users to be removed from everywhere, each with a separate removal, one right after another.
pub fn burst(mut scenario: Scenario) -> World {
    for number in 0..10 {
        let order = user_everywhere(&format!("user-{number}"));
        scenario
            .script
            .push((number as u64, Act::Order { number, order }));
    }
    World::new(scenario).unwrap()
}

/// Adds a meeting of `user-0`, `user-1` and so on.
pub fn meeting_of(scenario: &mut Scenario, active: bool, people: usize) -> usize {
    let meeting = scenario.population.add_meeting(active);
    for number in 0..people {
        let user = format!("user-{number}");
        scenario.population.add(meeting, &user, START);
    }
    meeting
}

/// Adds a meeting of `user-0`, `user-1` and so on, all of them live.
pub fn live_meeting(scenario: &mut Scenario, people: usize) -> usize {
    let meeting = meeting_of(scenario, true, people);
    for person in &mut scenario.population.meetings[meeting].participants {
        person.live = true;
    }
    meeting
}

/// Adds `count` meetings of the same user.
pub fn meetings_with(scenario: &mut Scenario, active: bool, count: usize, user: &str) {
    for _ in 0..count {
        let meeting = scenario.population.add_meeting(active);
        scenario.population.add(meeting, user, START);
    }
}

pub fn meeting_id(scenario: &Scenario, meeting: usize) -> MeetingId {
    MeetingId::parse(&scenario.population.meetings.get(meeting).unwrap().id).unwrap()
}

pub fn everyone_in(scenario: &Scenario, meeting: usize) -> RemovalOrder {
    let meeting = meeting_id(scenario, meeting);
    order(Target::EveryoneInMeeting { meeting }, true, false, None).unwrap()
}

pub fn user_in(scenario: &Scenario, meeting: usize, user: &str) -> RemovalOrder {
    let meeting = meeting_id(scenario, meeting);
    let user = CustomParticipantId::parse(user).unwrap();
    order(Target::UserInMeeting { meeting, user }, true, false, None).unwrap()
}

pub fn participant_in(scenario: &Scenario, meeting: usize, id: &str) -> RemovalOrder {
    let meeting = meeting_id(scenario, meeting);
    let participant = ParticipantId::parse(id).unwrap();
    let target = Target::Participant {
        meeting,
        participant,
    };
    order(target, true, false, None).unwrap()
}

pub fn user_everywhere(user: &str) -> RemovalOrder {
    let user = CustomParticipantId::parse(user).unwrap();
    order(Target::UserEverywhere { user }, true, false, None).unwrap()
}

/// Returns the first order, with the targets of all.
pub fn all_of(orders: impl IntoIterator<Item = RemovalOrder>) -> RemovalOrder {
    let mut orders = orders.into_iter();
    let mut whole = orders.next().unwrap();
    whole.targets.extend(orders.flat_map(|order| order.targets));
    whole
}

/// Creates the world of a scenario in which a removal is ordered at once.
pub fn start(mut scenario: Scenario, order: RemovalOrder) -> World {
    scenario.script.push((0, Act::Order { number: 0, order }));
    World::new(scenario).unwrap()
}

/// Returns the removal of [`start`].
pub fn removal(world: &World) -> RemovalView {
    let id = world.ordered.get(&0).unwrap().id.clone().unwrap();
    world
        .ledger
        .as_ref()
        .unwrap()
        .show(&id, world.clock.now())
        .unwrap()
        .unwrap()
}

/// Adds somebody to a meeting now.
pub fn add(world: &World, meeting: usize, user: &str) {
    let now = world.clock.now();
    let population = &mut world.network.api.borrow_mut().population;
    population.add(meeting, user, now);
}

/// Asserts that the removal of [`start`] succeeded and removed one participant.
pub fn assert_removed(world: &World) {
    let view = removal(world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::Succeeded, 1)
    );
}

/// Returns the number of rows of work.
pub fn works(world: &World) -> u64 {
    let store = SimulatedStore(std::rc::Rc::clone(&world.disk));
    let rows = store.run("SELECT count(*) FROM works", &[]).unwrap();
    rows[0].integer(0).unwrap()
}

/// Runs until a condition on the removal holds.
pub fn until(world: &mut World, holds: impl Fn(&World) -> bool) {
    while !world.ordered.contains_key(&0) || !holds(world) {
        assert!(world.advance().unwrap());
        assert!(world.clock.now() < START + 10 * 24 * 3_600_000);
    }
}
