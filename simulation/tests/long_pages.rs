//! Pages of a hundred rows that are more than 1 MiB, say since each row holds a picture: they are requested with fewer rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::realtimekit::RawAnswer;
use scene::{assert_removed, meeting_of, removal, scene, start, user_everywhere, user_in};
use simulation::population::Gone;
use simulation::scenario::Scenario;
use simulation::world::World;

/// Makes pages too long that are requested by number of rows and whose URL contains `part`.
fn too_long(world: &World, part: String) {
    world.network.api.borrow_mut().instead = Some(Box::new(move |request, _| {
        let too_long = RawAnswer {
            status: 200,
            ..RawAnswer::default()
        };
        let strikes = request.url.contains("per_page") && request.url.contains(&part);
        strikes.then_some(too_long)
    }));
}

/// Returns a meeting of 250 people, with the wanted user in the middle.
fn crowd() -> (Scenario, usize) {
    let mut scenario = scene(100);
    let meeting = meeting_of(&mut scenario, false, 250);
    let person = &mut scenario.population.meetings[meeting].participants[120];
    "wanted".clone_into(&mut person.user);
    (scenario, meeting)
}

#[test]
fn a_page_that_is_too_long_is_requested_with_fewer_rows() {
    for page in 1..=3 {
        let (scenario, meeting) = crowd();
        let order = user_in(&scenario, meeting, "wanted");
        let mut world = start(scenario, order);
        too_long(&world, format!("page_no={page}&"));
        world.run_to_end().unwrap();
        assert_removed(&world);
    }
}

/// One leaves and one joins during the pass that follows, so that the user slips onto a page that was read already. The
/// first page is all that was read before, and agrees with anything.
#[test]
fn a_pass_that_was_cut_short_is_nothing_to_agree_with() {
    let (scenario, meeting) = crowd();
    let order = user_in(&scenario, meeting, "wanted");
    let mut world = start(scenario, order);
    too_long(&world, "page_no=2&".to_owned());
    // The first page, the one that is too long, and six shorter ones: up to the user.
    let arrived = |world: &World| {
        let left = world.network.left.borrow();
        left.iter()
            .filter(|request| request.arrived.is_some())
            .count()
    };
    while arrived(&world) < 8 && world.advance().unwrap() {}
    let now = world.clock.now();
    let gone = Gone {
        at: now,
        by_us: false,
    };
    {
        let population = &mut world.network.api.borrow_mut().population;
        assert!(population.meetings[meeting].delete("p1", gone));
        population.add(meeting, "newcomer", now);
    }
    world.run_to_end().unwrap();
    assert_removed(&world);
}

/// Returns the requests for a user everywhere in 300 meetings of 90 people, of one of which the page is too long.
fn requests(with_a_long_page: bool) -> u64 {
    let mut scenario = scene(100);
    let meetings: Vec<_> = (0..300)
        .map(|_| meeting_of(&mut scenario, false, 90))
        .collect();
    let id = scenario.population.meetings[meetings[299]].id.clone();
    let mut world = start(scenario, user_everywhere("wanted"));
    if with_a_long_page {
        too_long(&world, id);
    }
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Succeeded);
    view.progress.requests
}

#[test]
fn a_list_with_long_pages_makes_no_other_list_longer() {
    let (without, with) = (requests(false), requests(true));
    println!("{without} requests, {with} with one list of long pages");
    assert!(with < without + 20, "{without}, {with}");
}
