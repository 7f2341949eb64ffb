//! Removals requested by an event.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::{Acceptance, Key, Origin, RemovalId, RemovalState};
use participant_remover::removal::RemovalOrder;
use scene::{everyone_in, meeting_of, scene, user_in};
use simulation::clock::START;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::world::World;

const HOUR: u64 = 60 * 60 * 1000;

/// Creates a world in which an event has just requested a removal.
fn happened(scenario: Scenario, order: &RemovalOrder) -> (World, RemovalId) {
    let mut world = World::new(scenario).unwrap();
    while world.ledger.is_none() {
        assert!(world.advance().unwrap());
    }
    let key = Key {
        scope: "webhook:realtimekit".to_owned(),
        key: "message".to_owned(),
        digest: "digest".to_owned(),
    };
    let origin = Origin {
        caller: None,
        source: "webhook:realtimekit",
        event_at: Some(world.clock.now()),
        key: Some(&key),
    };
    let ledger = world.ledger.clone().unwrap();
    let accepted = ledger.accept(order, &origin, &world.clock).unwrap();
    world.disk.set_alarm(Some(world.clock.now() + 1));
    world.disk.commit();
    match accepted {
        Acceptance::Accepted(id) => (world, id),
        other => panic!("{other:?}"),
    }
}

/// The token is refused for five days after the event; during that time, somebody is added.
#[test]
fn an_event_is_about_nobody_who_was_added_after_it() {
    for everyone in [true, false] {
        let mut scenario = scene(50);
        let meeting = meeting_of(&mut scenario, false, 2);
        scenario.faults.token_outages = vec![(0, 5 * 24 * HOUR)];
        for user in ["user-0", "next-week"] {
            let user = user.to_owned();
            scenario
                .script
                .push((72 * HOUR, Act::Add { meeting, user }));
        }
        // The world starts and ends with its script.
        for at in [0, 1_000, 144 * HOUR] {
            let users = Vec::new();
            scenario.script.push((at, Act::AddMeeting { users }));
        }
        let order = if everyone {
            everyone_in(&scenario, meeting)
        } else {
            user_in(&scenario, meeting, "user-0")
        };
        let (mut world, id) = happened(scenario, &order);
        while world.advance().unwrap() {}
        let ledger = world.ledger.clone().unwrap();
        let shown = ledger.show(&id, world.clock.now()).unwrap().unwrap();
        assert_eq!(shown.state, RemovalState::Succeeded);
        let api = world.network.api.borrow();
        let left: Vec<_> = api.population.meetings[meeting].present().collect();
        let late = left
            .iter()
            .filter(|person| person.added_at > START + HOUR)
            .count();
        assert_eq!(late, 2, "those who were added after the event");
        assert_eq!(left.len() - late, usize::from(!everyone), "of the others");
    }
}

/// The token is refused for half an hour after the end of a meeting, while the next session begins.
#[test]
fn the_end_of_a_meeting_puts_nobody_out_of_the_next_session() {
    let mut scenario = scene(50);
    let meeting = meeting_of(&mut scenario, true, 2);
    scenario.faults.token_outages = vec![(0, HOUR / 2)];
    for at in [0, 1_000, HOUR] {
        let users = Vec::new();
        scenario.script.push((at, Act::AddMeeting { users }));
    }
    let order = everyone_in(&scenario, meeting);
    let (mut world, id) = happened(scenario, &order);
    while world.clock.now() < START + HOUR / 4 {
        assert!(world.advance().unwrap());
    }
    {
        let population = &mut world.network.api.borrow_mut().population;
        population.add(meeting, "next-session", world.clock.now());
        for participant in &mut population.meetings[meeting].participants {
            participant.live = true;
        }
    }
    while world.advance().unwrap() {}
    let ledger = world.ledger.clone().unwrap();
    let shown = ledger.show(&id, world.clock.now()).unwrap().unwrap();
    assert_eq!(
        (shown.state, shown.progress.removed),
        (RemovalState::Succeeded, 2)
    );
    let api = world.network.api.borrow();
    let live = api.population.meetings[meeting]
        .participants
        .iter()
        .map(|one| one.live);
    assert_eq!(live.collect::<Vec<_>>(), [false, false, true]);
}
