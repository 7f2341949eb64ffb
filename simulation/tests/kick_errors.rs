//! A failed kick stops no delete, and is reported for as long as it matters.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::RemovalState;
use scene::{
    all_of, assert_removed, everyone_in, live_meeting, participant_in, removal, scene, start,
    user_in,
};

/// The duration of all faults, in milliseconds.
const FOR_EVER: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_kick_that_failed_is_told_whatever_else_went_wrong_since() {
    for seed in 0..30 {
        let mut scenario = scene(100);
        scenario.seed = seed;
        scenario.faults.unkickable = 1.0;
        scenario.faults.error_before = 0.3;
        scenario.faults.end = FOR_EVER;
        let meeting = live_meeting(&mut scenario, 3);
        let order = user_in(&scenario, meeting, "user-1");
        let mut world = start(scenario, order);
        scene::until(&mut world, |world| removal(world).state.is_final());
        assert_removed(&world);
        let told = removal(&world).kick_error.unwrap_or_default();
        assert!(told.starts_with("RealtimeKit answered 5"), "{seed}: {told}");
    }
}

#[test]
fn a_kick_of_everyone_makes_up_for_one_that_failed() {
    let mut scenario = scene(100);
    scenario.settings.requests_per_5_minutes = 20;
    scenario.faults.unkickable = 1.0;
    scenario.faults.end = 60_000;
    let meeting = live_meeting(&mut scenario, 30);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    scene::until(&mut world, |world| removal(world).kick_error.is_some());
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::Succeeded, 30)
    );
    assert_eq!(view.kick_error, None);
}

#[test]
fn a_kick_of_the_same_people_makes_up_for_one_that_failed() {
    let mut scenario = scene(100);
    scenario.faults.token_outages = vec![(0, 120_000)];
    scenario.faults.end = FOR_EVER;
    let meeting = live_meeting(&mut scenario, 3);
    let named = scenario.population.meetings[meeting].participants[1]
        .id
        .clone();
    let order = participant_in(&scenario, meeting, &named);
    let mut world = start(scenario, order);
    world.run_to_end().unwrap();
    assert_removed(&world);
    let view = removal(&world);
    let told = view.last_error.unwrap_or_default();
    assert!(told.starts_with("a kick failed"), "{told}");
    assert_eq!(view.kick_error, None);
}

#[test]
fn a_kick_that_failed_and_was_followed_by_no_delete_is_not_told() {
    let mut scenario = scene(100);
    scenario.faults.unkickable = 1.0;
    scenario.faults.outages = vec![(0, FOR_EVER)];
    scenario.faults.end = FOR_EVER;
    let meeting = live_meeting(&mut scenario, 3);
    let order = user_in(&scenario, meeting, "user-1");
    let named = participant_in(&scenario, meeting, "p-of-nobody");
    let mut world = start(scenario, all_of([order, named]));
    scene::until(&mut world, |world| {
        let error = removal(world).last_error.unwrap_or_default();
        error.starts_with("a kick failed")
    });
    assert_eq!(removal(&world).kick_error, None);
}
