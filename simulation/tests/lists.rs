//! Lists that change at the worst possible moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ids::{CustomParticipantId, MeetingId};
use participant_remover::ledger::{Acceptance, Origin, RemovalState};
use participant_remover::removal::{RemovalOrder, Target};
use scene::{
    add, assert_removed, meeting_id, meetings_with, removal, scene, start, user_everywhere,
};
use simulation::clock::START;
use simulation::population::Gone;
use simulation::scenario::order;
use simulation::world::World;

/// Between two pages, the first participant leaves and another is added: the totals agree, and the third was never
/// seen.
#[test]
fn somebody_who_slips_over_the_edge_of_a_page_is_found_by_the_next_pass() {
    let mut scenario = scene(100);
    scenario.page_rows = 2;
    let meeting = scenario.population.add_meeting(false);
    for user in ["a", "b", "wanted", "d"] {
        scenario.population.add(meeting, user, START);
    }
    let id = meeting_id(&scenario, meeting);
    let user = CustomParticipantId::parse("wanted").unwrap();
    let target = Target::UserInMeeting { meeting: id, user };
    let mut world = start(scenario, order(target, false, false, None).unwrap());
    while world.network.api.borrow().arrivals.is_empty() {
        assert!(world.advance().unwrap());
    }
    let now = world.clock.now();
    {
        let population = &mut world.network.api.borrow_mut().population;
        let gone = Gone {
            at: now,
            by_us: false,
        };
        assert!(population.meetings[meeting].delete("p1", gone));
        population.add(meeting, "e", now);
    }
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 1);
    let api = world.network.api.borrow();
    assert!(
        api.population.meetings[meeting]
            .present()
            .all(|p| p.user != "wanted")
    );
}

/// The user is in a meeting that did not exist when the list of meetings was first read.
#[test]
fn a_meeting_that_is_added_meanwhile_is_read_as_well() {
    let mut scenario = scene(100);
    meetings_with(&mut scenario, false, 3, "other");
    let mut world = start(scenario, user_everywhere("wanted"));
    while world.network.api.borrow().arrivals.len() < 2 {
        assert!(world.advance().unwrap());
    }
    let now = world.clock.now();
    {
        let population = &mut world.network.api.borrow_mut().population;
        let meeting = population.add_meeting(true);
        population.add(meeting, "wanted", now);
    }
    world.run_to_end().unwrap();
    assert_removed(&world);
    let view = removal(&world);
    assert_eq!(
        (view.progress.meetings_scanned, view.progress.meetings_total),
        (4, 4)
    );
}

/// A list that never matches its total proves nothing, whatever it shows.
#[test]
fn a_list_that_always_ends_early_is_a_failure_and_no_success() {
    let mut scenario = scene(100);
    scenario.page_rows = 2;
    let meeting = scenario.population.add_meeting(false);
    for user in ["a", "b", "c"] {
        scenario.population.add(meeting, user, START);
    }
    let mut world = start(scenario, user_everywhere("wanted"));
    world.network.api.borrow_mut().missing_rows = 1;
    run_until_final(&mut world);
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Failed);
    assert!(view.last_error.unwrap().contains("could not be read whole"));
    world.network.api.borrow_mut().missing_rows = 0;
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
}

/// A page generated before a removal was accepted is not shared with it: somebody may have been added in between.
#[test]
fn a_page_is_not_shared_with_a_removal_that_is_younger() {
    let mut scenario = scene(4_000);
    let meeting = scenario.population.add_meeting(false);
    scenario.population.add(meeting, "other", START);
    let id = meeting_id(&scenario, meeting);
    let from = |user: &str| {
        let user = CustomParticipantId::parse(user).unwrap();
        let target = Target::UserInMeeting {
            meeting: id.clone(),
            user,
        };
        order(target, false, false, None).unwrap()
    };
    let mut world = start(scenario, from("nobody"));
    while world.network.api.borrow().arrivals.is_empty() {
        assert!(world.advance().unwrap());
    }
    add(&world, meeting, "wanted");
    let origin = Origin {
        caller: None,
        source: "api",
        event_at: None,
        key: None,
    };
    let ledger = world.ledger.clone().unwrap();
    let accepted = ledger
        .accept(&from("wanted"), &origin, &world.clock)
        .unwrap();
    let Acceptance::Accepted(second) = accepted else {
        panic!("{accepted:?}")
    };
    let state = |world: &World| {
        ledger
            .show(&second, world.clock.now())
            .unwrap()
            .unwrap()
            .state
    };
    while !state(&world).is_final() {
        assert!(world.advance().unwrap());
    }
    assert!(state(&world) == RemovalState::Succeeded);
    let api = world.network.api.borrow();
    assert!(
        api.population.meetings[meeting]
            .present()
            .all(|p| p.user != "wanted")
    );
}

/// Without a total, a list that ends early is indistinguishable from a short one: it is read again.
#[test]
fn a_list_without_a_total_is_not_believed_at_once() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    scenario.population.add(meeting, "wanted", START);
    let mut world = start(scenario, user_everywhere("wanted"));
    {
        let mut api = world.network.api.borrow_mut();
        api.no_totals = true;
        api.missing_rows = 1;
    }
    let lists = |world: &World| world.network.api.borrow().arrivals.len();
    while lists(&world) < 2 {
        assert!(world.advance().unwrap());
    }
    world.network.api.borrow_mut().missing_rows = 0;
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 1);
}

/// The second page of a list never arrives: those on the first are still removed, and the removal ends.
#[test]
fn a_page_that_never_comes_ends_in_a_partial_failure() {
    let mut scenario = scene(100);
    scenario.page_rows = 2;
    scenario.settings.give_up_after_ms = 30_000;
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..3 {
        scenario.population.add(meeting, "u", START);
    }
    let mut world = start(scenario, everyone_in_first(meeting));
    world.network.api.borrow_mut().breaks = Some("page_no=2".to_owned());
    run_until_final(&mut world);
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::PartiallyFailed, 2)
    );
    world.network.api.borrow_mut().breaks = None;
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::Succeeded, 3)
    );
}

fn run_until_final(world: &mut World) {
    while !world.ordered.contains_key(&0) || !removal(world).state.is_final() {
        assert!(world.advance().unwrap());
        assert!(
            world.clock.now() < START + 10 * 24 * 3_600_000,
            "it never ends"
        );
    }
}

fn everyone_in_first(number: usize) -> RemovalOrder {
    let meeting = MeetingId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap();
    order(Target::EveryoneInMeeting { meeting }, false, false, None).unwrap()
}
