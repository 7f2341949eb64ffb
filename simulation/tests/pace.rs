//! The rate of durable work: never above the limit, and hardly below it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::rc::Rc;

use participant_remover::ledger::{Ledger, Settings};
use scene::{everyone_in, meeting_of, scene, start};
use simulation::clock::START;
use simulation::store::{Disk, SimulatedStore};
use simulation::world::World;

const FIVE_MINUTES: u64 = 300_000;

#[test]
fn at_least_99_percent_of_the_durable_budget_is_used_while_there_is_work() {
    assert_uses_the_budget(200);
}

/// Sending one request at a time would use a quarter of the budget.
#[test]
fn that_holds_where_an_answer_takes_more_than_a_second() {
    assert_uses_the_budget(800);
}

/// Each request and each response takes `latency` milliseconds at most, and half of that at least.
fn assert_uses_the_budget(latency: u64) {
    let mut scenario = scene(latency);
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..9_000 {
        scenario.population.add(meeting, "u", START);
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    world.run_to_end().unwrap();
    assert_eq!(world.network.most_open.get(), 6);
    let api = world.network.api.borrow();
    let (first, last) = (api.arrivals[0], *api.arrivals.last().unwrap());
    let windows = (last - first) / FIVE_MINUTES;
    let end = first + windows * FIVE_MINUTES;

    let used = api.arrivals.iter().filter(|at| **at < end).count() as u64;
    let percent = used * 10_000 / (windows * 960);
    println!(
        "{used} requests in {windows} times five minutes: {percent} of 10,000 of the durable budget"
    );
    assert!(
        windows >= 8 && (9_900..=10_000).contains(&percent),
        "{percent}"
    );
    assert_eq!((api.totals.limited, api.population.present()), (0, 0));
}

/// A removal that empties a meeting of this many people.
fn emptying(people: usize) -> World {
    let mut scenario = scene(100);
    let meeting = meeting_of(&mut scenario, false, people);
    let order = everyone_in(&scenario, meeting);
    start(scenario, order)
}

#[test]
fn the_limit_header_is_believed() {
    let mut world = emptying(50);
    world.network.api.borrow_mut().fixed_header = Some("\"default\";r=3;t=10".to_owned());
    // The second request is sent when the first response is received.
    while world.sum().requests < 2 {
        assert!(world.advance().unwrap());
    }
    let heard = world.clock.now();
    while world.network.next_event().is_some() || world.clock.now() < heard + 9_000 {
        world.advance().unwrap();
    }
    assert!(world.clock.now() < heard + 10_000);
    assert_eq!(world.sum().requests - 1, 3);
    while world.clock.now() < heard + 12_000 {
        world.advance().unwrap();
    }
    assert!(world.sum().requests > 4, "it goes on when the time is over");
    world.network.api.borrow_mut().fixed_header = None;
    world.run_to_end().unwrap();
    assert_eq!(world.network.api.borrow().population.present(), 0);
}

/// A hint that ends soon does not hide one that lasts.
#[test]
fn all_limits_of_the_header_are_believed() {
    let mut world = emptying(50);
    let both = r#""burst";r=5;t=1, "default";r=6;t=200"#;
    world.network.api.borrow_mut().fixed_header = Some(both.to_owned());
    while world.sum().requests < 2 {
        assert!(world.advance().unwrap());
    }
    let heard = world.clock.now();
    let mut sent = Vec::new();
    for until in [800, 190_000, 210_000] {
        while world.clock.now() < heard + until {
            assert!(world.advance().unwrap(), "all are gone too early");
        }
        sent.push(world.sum().requests - 1);
    }
    assert!(sent[0] <= 5 && sent[1] == 6 && sent[2] > 6, "{sent:?}");
    world.network.api.borrow_mut().fixed_header = None;
    world.run_to_end().unwrap();
    assert_eq!(world.network.api.borrow().population.present(), 0);
}

#[test]
fn a_smaller_quota_of_the_apis_policy_is_believed() {
    let mut world = emptying(600);
    world.network.api.borrow_mut().quota = 150;
    world.run_to_end().unwrap();
    let api = world.network.api.borrow();
    assert_eq!((api.totals.limited, api.population.present()), (0, 0));
}

#[test]
fn the_ledger_of_an_app_that_was_added_leaves_room_for_what_the_others_have_sent() {
    let mut scenario = scene(50);
    scenario.settings.ledgers = 2;
    scenario.settings.requests_per_5_minutes = 600;
    let meeting = meeting_of(&mut scenario, false, 900);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    world.run_to_end().unwrap();
    let api = world.network.api.borrow();
    let begun = api.arrivals[0];
    let within = |from: u64, to: u64| {
        let sent = |at: &&u64| (begun + from..begun + to).contains(*at);
        api.arrivals.iter().filter(sent).count()
    };
    // At first only the synchronous share, and all of durable work's share five minutes later.
    assert_eq!(within(0, FIVE_MINUTES), 120);
    let second = within(FIVE_MINUTES, 2 * FIVE_MINUTES);
    assert!((470..=480).contains(&second), "{second}");
}

#[test]
fn a_ledger_counts_what_the_others_may_have_sent_once_and_again_when_its_app_is_back() {
    let disk = Rc::new(Disk::new().unwrap());
    let store = || SimulatedStore(Rc::clone(&disk));
    let counted = |ledgers: u32, now: u64| {
        let settings = Settings {
            requests_per_5_minutes: 1200 / ledgers,
            ledgers,
            ..Settings::default()
        };
        let ledger = Ledger::open(store(), settings, now).unwrap();
        (ledger.health(now).unwrap().requests_in_window, ledger)
    };
    let hour = 3_600_000;
    assert_eq!(counted(2, START).0, 360);
    assert_eq!(counted(2, START + 2 * hour).0, 0);
    let (grown, ledger) = counted(1, START + 3 * hour);
    assert_eq!(grown, 480);
    ledger.wait_to_be_served(START + 3 * hour).unwrap();
    assert_eq!(counted(2, START + 4 * hour).0, 360);
}
