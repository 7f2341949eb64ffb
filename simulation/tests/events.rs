//! Removals that an event asks for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::{Acceptance, Key, Origin, RemovalState};
use scene::{everyone_in, meeting_of, scene, user_in};
use simulation::clock::START;
use simulation::script::Act;
use simulation::world::World;

const HOUR: u64 = 60 * 60 * 1000;

/// The token is refused for five days after the event, and before that, somebody is added.
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
        // The world begins and ends with its script.
        for at in [0, 1_000, 144 * HOUR] {
            let users = Vec::new();
            scenario.script.push((at, Act::AddMeeting { users }));
        }
        let order = if everyone {
            everyone_in(&scenario, meeting)
        } else {
            user_in(&scenario, meeting, "user-0")
        };
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
        let accepted = ledger.accept(&[order], &origin, &world.clock).unwrap();
        world.disk.set_alarm(Some(world.clock.now() + 1));
        world.disk.commit();
        while world.advance().unwrap() {}
        let Acceptance::Accepted(id) = accepted else {
            panic!("{accepted:?}")
        };
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
