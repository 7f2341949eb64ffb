//! Costs that grow with the work grow in proportion to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::realtimekit::Method;
use participant_remover::removal::RemovalOrder;
use scene::{
    all_of, everyone_in, live_meeting, meeting_of, participant_in, removal, scene, start, until,
    user_in,
};
use simulation::api::error;
use simulation::asked::Asked;
use simulation::check;
use simulation::clock::START;
use simulation::script::Act;
use simulation::world::World;

const HOUR: u64 = 3_600_000;

/// Returns the requests for pages of one meeting of 1,000 people, from which `removals` users are removed, each with a
/// separate removal.
fn pages_for(removals: usize) -> usize {
    let mut scenario = scene(50);
    let meeting = meeting_of(&mut scenario, false, 1_000);
    for number in 0..removals {
        let order = user_in(&scenario, meeting, &format!("user-{}", number * 90));
        scenario
            .script
            .push((number as u64, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    while world.clock.now() < START + HOUR && world.advance().unwrap() {}
    check::everything(&world).unwrap();
    assert_eq!(
        world.network.api.borrow().population.present(),
        1_000 - removals
    );
    let left = world.network.left.borrow();
    left.iter()
        .filter(|departure| matches!(departure.asked, Asked::Participants(_)))
        .count()
}

#[test]
fn a_list_of_many_pages_is_read_once_for_all_who_are_removed_at_a_time() {
    let (one, ten) = (pages_for(1), pages_for(10));
    println!("{one} pages for one removal, {ten} for ten at a time");
    assert!(ten <= 5 * one, "{one} pages for one, {ten} for ten");
}

/// Returns the rows written until a meeting of `people` is empty, at 120 requests in five minutes.
fn rows_to_empty(people: usize) -> u64 {
    let mut scenario = scene(50);
    scenario.headers = false;
    scenario.settings.requests_per_5_minutes = 150;
    let meeting = live_meeting(&mut scenario, people);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    world.disk.rows_written()
}

/// Those who are left are kicked again every five minutes. That must not touch each of their rows.
#[test]
fn to_empty_a_meeting_writes_in_proportion_to_its_people() {
    let (small, large) = (rows_to_empty(300), rows_to_empty(2_400));
    println!("{small} rows for 300 people, {large} for 2,400");
    assert!(
        large < small * 10,
        "{small} rows for 300 people, {large} for 2,400"
    );
}

/// Returns the `SQLite` steps until a meeting of `people` is empty, without kicks, and with deletes that fail for ten
/// minutes.
fn steps_to_empty(people: usize) -> u64 {
    let mut scenario = scene(50);
    scenario.headers = false;
    scenario.settings.requests_per_5_minutes = 100_000;
    let meeting = meeting_of(&mut scenario, false, people);
    let order = RemovalOrder {
        kick: false,
        ..everyone_in(&scenario, meeting)
    };
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().instead = Some(Box::new(|request, now| {
        let fails = now < START + 600_000 && request.method == Method::Delete;
        fails.then(|| error(503, "x"))
    }));
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    world.disk.steps.get()
}

#[test]
fn to_empty_a_meeting_reads_in_proportion_to_its_people() {
    let [few, many] = [300, 2_400].map(steps_to_empty);
    println!("{few} steps for 300 people, {many} for 2,400");
    assert!(many < few * 12, "{few} for 300 people, {many} for 2,400");
}

/// Returns the `SQLite` steps until a removal of `targets` people, each named and in a different meeting, has sent its
/// first request.
fn steps_to_plan(targets: usize) -> u64 {
    let mut scenario = scene(3_000);
    let meetings: Vec<usize> = (0..targets)
        .map(|_| meeting_of(&mut scenario, false, 1))
        .collect();
    let ids = meetings.into_iter().zip(1..);
    let named = ids.map(|(meeting, id)| participant_in(&scenario, meeting, &format!("p{id}")));
    let order = all_of(named.collect::<Vec<_>>());
    let mut world = start(scenario, order);
    until(&mut world, |world| !world.network.left.borrow().is_empty());
    world.disk.steps.get()
}

#[test]
fn to_plan_a_removal_costs_in_proportion_to_its_targets() {
    let [few, many] = [100, 1_000].map(steps_to_plan);
    println!("{few} steps for 100 targets, {many} for 1,000");
    assert!(
        many < few * 15,
        "{few} steps for 100 targets, {many} for 1,000"
    );
}
