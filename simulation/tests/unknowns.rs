//! Behaviour that is not known of the API but possible: lists that lag or are cut off with a matching total, missing
//! pages, page sizes that it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::removal::RemovalOrder;
use scene::{
    assert_removed, burst, fifty_meetings, meetings_with, participant_in, removal, scene, start,
    until, user_everywhere, user_in,
};
use simulation::api::Quirks;
use simulation::check;
use simulation::clock::START;
use simulation::population::Gone;
use simulation::scenario::Scenario;
use simulation::world::World;

/// Returns a meeting of `others` people and, last, the wanted user.
fn crowd(others: usize) -> (Scenario, usize) {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    for number in 0..others {
        scenario
            .population
            .add(meeting, &format!("other-{number}"), START);
    }
    scenario.population.add(meeting, "wanted", START);
    (scenario, meeting)
}

fn run(scenario: Scenario, order: RemovalOrder, quirks: Quirks) -> World {
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().quirks = quirks;
    world.run_to_end().unwrap();
    world
}

/// Somebody deleted but still listed for a while costs a few requests, and is not a failure.
#[test]
fn a_list_that_lags_is_waited_for() {
    for lag_ms in [5_000, 60_000, 600_000] {
        let (scenario, meeting) = crowd(3);
        let order = user_in(&scenario, meeting, "wanted");
        let quirks = Quirks {
            lag_ms,
            ..Quirks::default()
        };
        let world = run(scenario, order, quirks);
        assert_removed(&world);
        let requests = removal(&world).progress.requests;
        println!("{requests} requests at a lag of {lag_ms} ms");
        assert!(requests < 40, "{requests} requests");
    }
}

/// Somebody still listed although the delete was answered may really be there: they are deleted once more.
#[test]
fn a_delete_that_did_nothing_is_sent_again() {
    let (scenario, meeting) = crowd(3);
    let order = user_in(&scenario, meeting, "wanted");
    let quirks = Quirks {
        idle_deletes: 1,
        ..Quirks::default()
    };
    let world = run(scenario, order, quirks);
    assert_removed(&world);
    assert_eq!(world.network.api.borrow().population.present(), 3);
}

/// The first page has a total equal to its own length: that does not prove that nobody else is there.
#[test]
fn a_list_that_is_cut_to_a_whole_page_is_read_again() {
    for (rows, people) in [(100, 150), (20, 50), (25, 60), (50, 70)] {
        let (mut scenario, meeting) = crowd(people);
        scenario.page_rows = rows;
        let order = user_in(&scenario, meeting, "wanted");
        let quirks = Quirks {
            cuts: 1,
            ..Quirks::default()
        };
        assert_removed(&run(scenario, order, quirks));
    }
}

/// The last page disappears while the list is being read, and the user moves from it to the one before.
#[test]
fn a_page_that_is_not_there_proves_nothing() {
    let (scenario, meeting) = crowd(100);
    let order = user_in(&scenario, meeting, "wanted");
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().quirks.missing_pages = true;
    while world.network.api.borrow().arrivals.is_empty() {
        assert!(world.advance().unwrap());
    }
    let gone = Gone {
        at: world.clock.now(),
        by_us: false,
    };
    {
        let population = &mut world.network.api.borrow_mut().population;
        assert!(population.meetings[meeting].delete("p1", gone));
    }
    world.run_to_end().unwrap();
    assert_removed(&world);
}

/// Lists are requested with a hundred rows per page. If that is refused, they are read with the API's default page
/// size.
#[test]
fn a_page_size_that_is_refused_is_not_insisted_on() {
    let (mut scenario, _) = crowd(44);
    meetings_with(&mut scenario, false, 60, "other");
    let quirks = Quirks {
        largest_page: Some(50),
        ..Quirks::default()
    };
    let world = run(scenario, user_everywhere("wanted"), quirks);
    check::everything(&world).unwrap();
    assert_removed(&world);
    // Four pages of meetings twice, each meeting, three pages of the first twice, the delete; and the refused requests.
    let requests = removal(&world).progress.requests;
    assert!(
        (8 + 60 + 6 + 1..8 + 60 + 6 + 1 + 10).contains(&requests),
        "{requests}"
    );
}

/// A meeting was inactive when it was listed, long before it was read; the user joined it in the meantime.
#[test]
fn whoever_is_found_long_after_the_meeting_was_listed_is_kicked() {
    let mut scenario = scene(4_000);
    meetings_with(&mut scenario, false, 300, "other");
    let mut world = start(scenario, user_everywhere("wanted"));
    until(&mut world, |world| {
        removal(world).progress.meetings_scanned >= 250
    });
    let now = world.clock.now();
    assert!(now > START + 60_000);
    {
        // The oldest is read last.
        let population = &mut world.network.api.borrow_mut().population;
        population.add(0, "wanted", now);
        population.meetings[0].active = true;
        population.meetings[0].participants[1].live = true;
    }
    world.run_to_end().unwrap();
    assert_removed(&world);
    let api = world.network.api.borrow();
    assert!(!api.population.meetings[0].participants[1].live);
}

/// A list without totals that ends with a missing page instead of an empty one.
#[test]
fn a_list_without_totals_may_end_with_a_404() {
    let (scenario, meeting) = crowd(120);
    let order = user_in(&scenario, meeting, "wanted");
    let mut world = start(scenario, order);
    {
        let mut api = world.network.api.borrow_mut();
        api.quirks.missing_pages = true;
        api.no_totals = true;
    }
    world.run_to_end().unwrap();
    assert_removed(&world);
}

/// A dry run reads the list again as well: one that was cut off does not show everyone.
#[test]
fn a_dry_run_does_not_believe_a_list_that_is_cut() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    for number in 0..150 {
        let user = if matches!(number, 3 | 140) {
            "wanted"
        } else {
            "other"
        };
        scenario.population.add(meeting, user, START);
    }
    let order = RemovalOrder {
        dry_run: true,
        ..user_in(&scenario, meeting, "wanted")
    };
    let quirks = Quirks {
        cuts: 1,
        ..Quirks::default()
    };
    let world = run(scenario, order, quirks);
    assert_eq!(removal(&world).progress.found, 2);
    assert_eq!(world.network.api.borrow().population.present(), 150);
}

/// If lists are read with the API's default page size, removals still share them.
#[test]
fn lists_of_other_page_sizes_are_shared_too() {
    let mut world = burst(fifty_meetings(15));
    world.network.api.borrow_mut().quirks.largest_page = Some(50);
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    let api = world.network.api.borrow();
    println!("{} requests", api.totals.requests);
    assert_eq!(api.population.present(), 250);
    assert!(api.totals.requests < 900, "{}", api.totals.requests);
}

/// An account or app unknown to Cloudflare is no proof that nobody is there.
#[test]
fn an_app_that_is_unknown_makes_no_success() {
    for named in [true, false] {
        let (scenario, meeting) = crowd(3);
        let order = if named {
            participant_in(&scenario, meeting, "p4")
        } else {
            user_in(&scenario, meeting, "wanted")
        };
        let mut world = start(scenario, order);
        world.network.api.borrow_mut().quirks.no_route = true;
        until(&mut world, |world| removal(world).state.is_final());
        let view = removal(&world);
        assert_eq!(view.state, RemovalState::Failed);
        assert!(view.last_error.unwrap().contains("REALTIMEKIT_APP_IDS"));
        world.network.api.borrow_mut().quirks.no_route = false;
        world.run_to_end().unwrap();
        assert_removed(&world);
    }
}

/// A list of meetings that is a 404 proves nothing either, whoever says so.
#[test]
fn a_list_of_meetings_that_is_not_found_makes_no_success() {
    let (scenario, _) = crowd(3);
    let mut world = start(scenario, user_everywhere("wanted"));
    world.network.api.borrow_mut().quirks.missing_list = true;
    until(&mut world, |world| removal(world).state.is_final());
    assert_eq!(removal(&world).state, RemovalState::Failed);
    world.network.api.borrow_mut().quirks.missing_list = false;
    world.run_to_end().unwrap();
    assert_removed(&world);
}
