//! Changes during a removal: somebody is added, a meeting starts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use scene::{add, assert_removed, removal, scene, start, until, user_everywhere, works};
use simulation::clock::START;

/// An active meeting is read once more at the end: the user was added to it after it was first read.
#[test]
fn whoever_is_added_to_an_active_meeting_after_it_was_read_is_removed() {
    let mut scenario = scene(100);
    let meetings: Vec<_> = (0..30)
        .map(|number| {
            let meeting = scenario.population.add_meeting(number > 0);
            scenario.population.add(meeting, "other", START);
            meeting
        })
        .collect();
    let mut world = start(scenario, user_everywhere("wanted"));
    until(&mut world, |world| {
        removal(world).progress.meetings_scanned >= 20
    });
    // The newest active meeting is read first.
    add(&world, *meetings.last().unwrap(), "wanted");
    world.run_to_end().unwrap();
    assert_removed(&world);
    let view = removal(&world);
    assert_eq!(
        (view.progress.meetings_scanned, view.progress.meetings_total),
        (30, 30)
    );
    // The list twice; each meeting once, the active ones again, and the user's own once more; the kick, the delete.
    assert_eq!(view.progress.requests, 2 + 30 + 29 + 1 + 2);
    assert_eq!(works(&world), 0, "nothing is kept for another try");
}

/// The first pass over the list of meetings was not whole, and the second found nothing new: the confirming pass is
/// still made.
#[test]
fn the_confirming_pass_comes_whatever_the_readings_before_were_like() {
    let mut scenario = scene(100);
    scenario.page_rows = 10;
    for _ in 0..30 {
        scenario.population.add_meeting(true);
    }
    let mut world = start(scenario, user_everywhere("wanted"));
    world.network.api.borrow_mut().no_totals = true;
    until(&mut world, |world| {
        removal(world).progress.meetings_scanned >= 20
    });
    add(&world, 29, "wanted");
    world.run_to_end().unwrap();
    assert_removed(&world);
}

/// The confirming pass over the list of meetings omits one: the pass that shows it has that meeting read once more.
#[test]
fn a_meeting_that_the_confirming_pass_left_out_is_read_again_by_the_next() {
    let mut scenario = scene(100);
    for _ in 0..30 {
        scenario.population.add_meeting(true);
    }
    let mut world = start(scenario, user_everywhere("wanted"));
    until(&mut world, |world| {
        removal(world).progress.meetings_scanned >= 20
    });
    // The newest is read first, and is last in the list.
    add(&world, 29, "wanted");
    world.network.api.borrow_mut().missing_rows = 1;
    // The list, the meetings, and the list's two pages, of which the second is empty.
    until(&mut world, |world| removal(world).progress.requests >= 33);
    world.network.api.borrow_mut().missing_rows = 0;
    world.run_to_end().unwrap();
    assert_removed(&world);
}

/// A meeting started after it was read: whoever joined it is kicked before being deleted.
#[test]
fn whoever_is_found_in_a_meeting_that_began_meanwhile_is_kicked() {
    let mut scenario = scene(100);
    let other = scenario.population.add_meeting(false);
    let begins = scenario.population.add_meeting(false);
    for meeting in [other, begins] {
        scenario.population.add(meeting, "other", START);
    }
    let mut world = start(scenario, user_everywhere("wanted"));
    until(&mut world, |world| {
        removal(world).progress.meetings_scanned >= 1
    });
    let now = world.clock.now();
    {
        let population = &mut world.network.api.borrow_mut().population;
        for meeting in &mut population.meetings {
            meeting.active = true;
        }
        for meeting in [other, begins] {
            population.add(meeting, "wanted", now);
        }
        for meeting in &mut population.meetings {
            for participant in &mut meeting.participants {
                participant.live = participant.user == "wanted";
            }
        }
    }
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 2);
    let api = world.network.api.borrow();
    let mut people = api.population.meetings.iter().flat_map(|m| &m.participants);
    assert!(people.all(|one| one.user != "wanted" || !one.live));
}
