//! The cost of a single turn: the object cannot respond until it is over.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use scene::{scene, start, user_everywhere};
use simulation::script::Act;
use simulation::world::World;

/// Returns the `SQLite` steps until the first page has arrived, with `at_work` users everywhere at work, and `held`
/// more that come later and find no room.
fn steps_of_choices(at_work: usize, held: usize) -> u64 {
    let mut scenario = scene(3_000);
    scenario.settings.everywhere_at_once = u32::try_from(at_work).unwrap();
    scenario.settings.everywhere_rows = u64::MAX;
    scenario.population.add_meeting(false);
    for number in 0..at_work + held {
        let at = if number < at_work { 0 } else { 200 };
        let order = user_everywhere(&format!("user-{number}"));
        scenario.script.push((at, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    while world.network.api.borrow().arrivals.len() < 2 {
        assert!(world.advance().unwrap());
    }
    world.disk.steps.get()
}

/// The cost of choosing the next request must not grow with the square of the number of removals that wait, for the
/// same page or for room.
#[test]
fn removals_that_wait_cost_a_choice_each() {
    for held in [0, 1] {
        let [few, many] = [100, 800].map(|users| steps_of_choices(users, held * users));
        println!("{few} steps for 100, {many} for 800");
        assert!(many < few * 16, "{few} steps for 100, {many} for 800");
    }
}

/// Returns the bytes of text read by the ledger in the turn that reads most, while a user is removed from all meetings.
fn most_text(meetings: usize) -> usize {
    let mut scenario = scene(20);
    scenario.page_rows = 10;
    for _ in 0..meetings {
        scenario.population.add_meeting(false);
    }
    let mut world = start(scenario, user_everywhere("user-1"));
    let mut most = 0;
    loop {
        let before = world.disk.text.get();
        let more = world.advance().unwrap();
        most = most.max(world.disk.text.get() - before);
        if !more {
            return most;
        }
    }
}

/// The list of meetings can be too long for the object's memory.
#[test]
fn the_end_of_a_long_list_reads_no_more_than_that_of_a_short_one() {
    let [short, long] = [100, 1_000].map(most_text);
    println!("{short} bytes for a short list, {long} for a long one");
    assert!(long < short * 3 / 2, "{short} bytes, {long} bytes");
}
