//! Removals that come to their end are told, for the log.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::RemovalState;
use scene::{everyone_in, live_meeting, removal, scene, start};
use simulation::world::World;

/// A meeting of three is to be emptied.
fn emptying() -> World {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, 3);
    let order = everyone_in(&scenario, meeting);
    start(scenario, vec![order])
}

#[test]
fn the_end_of_a_removal_is_told_once_and_as_it_is() {
    let mut world = emptying();
    world.run_to_end().unwrap();
    assert_eq!(world.told, [removal(&world)]);
    assert_eq!(world.told[0].state, RemovalState::Succeeded);
}

#[test]
fn one_that_is_cancelled_is_told_too() {
    let mut world = emptying();
    scene::until(&mut world, |world| removal(world).progress.found > 0);
    let (ledger, now) = (world.ledger.clone().unwrap(), world.clock.now());
    ledger.cancel(&removal(&world).id, now).unwrap();
    let told = ledger.take_ended(now).unwrap();
    assert_eq!(told, [removal(&world)]);
    assert_eq!(told[0].state, RemovalState::Cancelled);
    assert_eq!(ledger.take_ended(now).unwrap(), []);
}
