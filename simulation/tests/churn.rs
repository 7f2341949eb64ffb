//! Meetings that people keep joining and leaving, by other hands than the ledger's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use scene::{meeting_of, scene, user_in};
use simulation::check;
use simulation::clock::START;
use simulation::script::Act;
use simulation::world::World;

const REMOVALS: usize = 20;

/// Runs removals of users who are not there, from a meeting of `people` in which somebody is replaced every 250 ms.
/// Returns their states after ten minutes.
fn states(people: usize) -> Vec<RemovalState> {
    let mut scenario = scene(20);
    let meeting = meeting_of(&mut scenario, false, people);
    for number in 0..REMOVALS {
        let order = user_in(&scenario, meeting, &format!("absent-{number}"));
        let act = Act::Order { number, order };
        scenario.script.push((number as u64 * 3_000, act));
    }
    for change in 0..2_400_u64 {
        let user = format!("new-{change}");
        let script = &mut scenario.script;
        script.push((change * 250, Act::Add { meeting, user }));
        script.push((change * 250, Act::Remove { meeting, pick: 0 }));
    }
    scenario.script.sort_by_key(|(at, _)| *at);
    let mut world = World::new(scenario).unwrap();
    while world.clock.now() < START + 600_000 && world.advance().unwrap() {}
    check::everything(&world).unwrap();
    let states = world.states().unwrap().into_iter();
    states.map(|(_, state)| state).collect()
}

/// Two readings have to agree: they follow each other at once, or somebody would always have gone in between.
#[test]
fn people_who_come_and_go_all_the_time_keep_no_removal_from_its_end() {
    // 60 may be a page of a longer list; 150 are two pages.
    for people in [60, 150] {
        let states = states(people);
        let ended = states
            .iter()
            .filter(|state| **state == RemovalState::Succeeded);
        assert_eq!(ended.count(), REMOVALS, "{people}: {states:?}");
    }
}
