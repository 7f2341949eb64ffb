//! Estimates of the time left, compared with the actual time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use scene::{everyone_in, meeting_of, meetings_with, removal, scene, start, user_everywhere};
use simulation::script::Act;
use simulation::world::World;

/// Runs until `requests` requests were sent for the removal; returns the estimate at that point and the seconds it then
/// took.
fn estimate_after(world: &mut World, requests: u64) -> (Option<u64>, u64) {
    while !world.ordered.contains_key(&0) || removal(world).progress.requests < requests {
        assert!(world.advance().unwrap());
    }
    let (now, estimated) = (world.clock.now(), removal(world).estimated_seconds_left);
    world.run_to_end().unwrap();
    let took = (removal(world).finished_at.unwrap() - now).div_ceil(1000);
    println!("estimated {estimated:?}, it took {took} s");
    (estimated, took)
}

fn near((estimated, took): (Option<u64>, u64)) {
    let estimated = estimated.unwrap();
    assert!(
        estimated >= took / 2 && estimated <= took * 2,
        "estimated {estimated} s, it took {took} s"
    );
}

#[test]
fn nothing_is_claimed_before_anything_was_read() {
    for large in [false, true] {
        let mut scenario = scene(100);
        let meeting = meeting_of(&mut scenario, false, 2_000);
        let order = if large {
            everyone_in(&scenario, meeting)
        } else {
            user_everywhere("user-1")
        };
        let mut world = start(scenario, order);
        assert_eq!(estimate_after(&mut world, 0).0, None);
    }
}

#[test]
fn a_large_meeting_is_seen_after_its_first_page() {
    let mut scenario = scene(100);
    let meeting = meeting_of(&mut scenario, false, 2_000);
    let order = everyone_in(&scenario, meeting);
    near(estimate_after(&mut start(scenario, order), 3));
}

#[test]
fn small_ones_beside_it_do_not_count_as_large_ones() {
    let mut scenario = scene(100);
    let meeting = meeting_of(&mut scenario, false, 2_000);
    let small: Vec<_> = (0..50)
        .map(|_| meeting_of(&mut scenario, false, 2))
        .collect();
    let large = everyone_in(&scenario, meeting);
    for (number, meeting) in small.into_iter().enumerate() {
        let order = everyone_in(&scenario, meeting);
        let act = Act::Order {
            number: number + 1,
            order,
        };
        scenario.script.push((1, act));
    }
    near(estimate_after(&mut start(scenario, large), 6));
}

/// Whoever waits for a removal polls it repeatedly.
#[test]
fn a_second_look_at_a_large_removal_is_cheap() {
    let mut scenario = scene(20);
    meetings_with(&mut scenario, false, 2_000, "somebody");
    let mut world = start(scenario, user_everywhere("user-1"));
    while world.sum().requests < 100 {
        assert!(world.advance().unwrap());
    }
    let ledger = world.ledger.as_ref().unwrap();
    let id = world.ordered[&0].id.as_ref().unwrap();
    // The simulation itself has read the removal as well.
    let now = world.clock.now() + 10_000;
    let [first, second, later] = [now, now + 4_900, now + 5_000].map(|at| {
        let before = world.disk.steps.get();
        let view = ledger.show(id, at).unwrap().unwrap();
        (view, world.disk.steps.get() - before)
    });
    println!("{} steps, {}, {}", first.1, second.1, later.1);
    assert!(second.1 < 1_000 && first.1 > 10_000 && later.1 > 10_000);
    let [first, second] = [first, second].map(|(view, _)| view.estimated_seconds_left.unwrap());
    assert_eq!(second, first - 4);
}
