//! Removals that end are reported, for the log.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::{RemovalState, RemovalView};
use scene::{everyone_in, live_meeting, removal, scene, start};
use simulation::clock::START;
use simulation::script::Act;
use simulation::world::World;

/// Orders a removal that empties a meeting of three.
fn emptying() -> World {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, 3);
    let order = everyone_in(&scenario, meeting);
    start(scenario, order)
}

#[test]
fn the_end_of_a_removal_is_told_once_and_as_it_is() {
    let mut world = emptying();
    world.run_to_end().unwrap();
    assert_eq!(*world.told.borrow(), [removal(&world)]);
    assert_eq!(world.told.borrow()[0].state, RemovalState::Succeeded);
}

#[test]
fn the_end_of_a_removal_is_told_while_others_are_at_work() {
    let mut scenario = scene(100);
    let small = live_meeting(&mut scenario, 1);
    let large = live_meeting(&mut scenario, 200);
    for (number, meeting) in [small, large].into_iter().enumerate() {
        let order = everyone_in(&scenario, meeting);
        scenario.script.push((0, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    scene::until(&mut world, |world| !world.told.borrow().is_empty());
    assert!(world.clock.now() < START + 5_000);
    assert_eq!(world.states().unwrap()[1].1, RemovalState::Running);
}

#[test]
fn one_that_is_cancelled_before_it_began_is_told_at_once() {
    let mut world = emptying();
    scene::until(&mut world, |_| true);
    let told = cancel(&world);
    assert_eq!(told, [removal(&world)]);
    assert_eq!(told[0].state, RemovalState::Cancelled);
    assert_eq!(told[0].cancelled_by.as_deref(), Some("support-desk"));
}

#[test]
fn one_that_is_cancelled_in_its_middle_is_told_when_what_was_in_flight_is_answered() {
    let mut world = emptying();
    scene::until(&mut world, |world| world.network.open() > 1);
    assert_eq!(cancel(&world), []);
    world.run_to_end().unwrap();
    assert_eq!(*world.told.borrow(), [removal(&world)]);
    let progress = world.told.borrow()[0].progress;
    assert_eq!((progress.found, progress.removed), (3, 3));
}

/// Cancels the removal. Returns what is reported about it at once.
fn cancel(world: &World) -> Vec<RemovalView> {
    let (ledger, now) = (world.ledger.clone().unwrap(), world.clock.now());
    let by = Some("support-desk");
    ledger.cancel(&removal(world).id, by, now).unwrap();
    ledger.take_ended(now).unwrap()
}

#[test]
fn one_that_is_cancelled_is_told_once_also_where_the_storage_fails() {
    for statement in 0..60 {
        let mut world = emptying();
        scene::until(&mut world, |world| {
            world.network.open() > 0 && removal(world).progress.found > 0
        });
        let at_once = cancel(&world).len();
        world.disk.commit();
        world.disk.fail_once_after(statement);
        while world.advance().unwrap() {}
        assert_eq!(
            at_once + world.told.borrow().len(),
            1,
            "statement {statement}"
        );
    }
}
