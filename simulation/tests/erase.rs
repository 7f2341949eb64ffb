//! Large removals: their cost compared with the minimum, and that nobody is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::cmp::Reverse;
use std::rc::Rc;

use participant_remover::ledger::{RemovalState, Store};
use scene::{
    all_of, burst, everyone_in, fifty_meetings, meeting_of, removal, scene, start, until,
    user_everywhere,
};
use simulation::asked::Asked;
use simulation::check;
use simulation::clock::START;
use simulation::script::Act;
use simulation::store::SimulatedStore;

#[test]
fn a_user_goes_from_200_of_2000_meetings_for_the_least_possible() {
    let mut scenario = scene(200);
    for number in 0..2_000 {
        let meeting = scenario.population.add_meeting(number % 2 == 0);
        for seat in 0..10 {
            let wanted = number % 10 == 0 && seat == 4;
            let user = if wanted {
                "wanted".to_owned()
            } else {
                format!("user-{seat}")
            };
            scenario.population.add(meeting, &user, START);
        }
    }
    let mut world = start(scenario, user_everywhere("wanted"));
    let mut estimates = Vec::new();
    for done in [600, 1_500] {
        while world.sum().requests < done {
            world.advance().unwrap();
        }
        let left = removal(&world).estimated_seconds_left.unwrap();
        estimates.push((world.clock.now(), left));
    }
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    let view = removal(&world);
    for (at, estimated) in estimates {
        let left = (view.finished_at.unwrap() - at) / 1000;
        println!("estimated {estimated} s, it took {left} s");
        assert!(estimated > left / 2 && estimated < left * 2);
    }
    println!(
        "{} rows written, {} statements",
        world.disk.rows_written(),
        world.disk.statements.get()
    );
    let api = world.network.api.borrow();
    // The list of meetings, each meeting's list, kicks, deletes; then once more the list, the user's meetings, and the
    // other active ones, to which the user may have been added in the meantime.
    let kicks = 200;
    let least = 20 + 2_000 + kicks + 200 + 20 + 200 + 800;
    println!(
        "{} requests, the least possible is {least}; {:?}",
        api.totals.requests, view.progress
    );
    assert_eq!(view.state, RemovalState::Succeeded);
    assert_eq!(
        (view.progress.removed, view.progress.meetings_scanned),
        (200, 2_000)
    );
    assert_eq!(
        (api.totals.requests, view.progress.requests),
        (least, least)
    );
    assert_eq!((api.totals.limited, api.population.present()), (0, 19_800));
    let live = |m: &simulation::population::Meeting| {
        m.participants.iter().any(|p| p.live && p.gone.is_some())
    };
    assert!(
        !api.population.meetings.iter().any(live),
        "whoever was live was kicked first"
    );
}

#[test]
fn ten_users_are_erased_by_one_reading_of_the_meetings() {
    let users = (0..10).map(|user| format!("user-{user}"));
    let order = all_of(users.map(|user| user_everywhere(&user)));
    let mut world = start(fifty_meetings(20), order);
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    let api = world.network.api.borrow();
    assert_eq!(api.population.present(), 500);
    // Two readings of the single page of meetings, two of each meeting, 500 deletes.
    assert_eq!(api.totals.requests, 2 + 100 + 500);
}

#[test]
fn a_burst_of_removals_shares_the_reading_too() {
    let mut world = burst(fifty_meetings(20));
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    let api = world.network.api.borrow();
    println!(
        "{} requests for ten users in fifty meetings",
        api.totals.requests
    );
    assert_eq!(api.population.present(), 500);
    // Ten users in one removal take 602. Separately, they would take 1,520 if nothing were shared.
    assert!(api.totals.requests < 900, "{}", api.totals.requests);
}

#[test]
fn a_meeting_of_1000_is_emptied_while_others_are_added() {
    for newest_first in [false, true] {
        let mut scenario = scene(100);
        scenario.page_rows = 20;
        scenario.population.newest_first = newest_first;
        let meeting = meeting_of(&mut scenario, true, 1_000);
        for number in 0..200_u64 {
            let user = format!("late-{number}");
            scenario
                .script
                .push((1_000 + number * 1_700, Act::Add { meeting, user }));
        }
        let order = everyone_in(&scenario, meeting);
        let mut world = start(scenario, order);
        world.run_to_end().unwrap();
        check::everything(&world).unwrap();
        let view = removal(&world);
        let api = world.network.api.borrow();
        println!(
            "{} requests for {} participants",
            api.totals.requests, view.progress.removed
        );
        assert_eq!(view.state, RemovalState::Succeeded);
        // The last ones were added before the last reading, or after the end.
        let late = api.population.meetings[0]
            .present()
            .filter(|p| p.added_at < view.finished_at.unwrap() - 1_000);
        assert_eq!(late.count(), 0);
        assert!(view.progress.removed >= 1_150, "{view:?}");
    }
}

/// Neither the ids nor the positions in the list follow the creation times.
#[test]
fn active_meetings_are_read_before_inactive_ones_and_the_newest_of_each_first() {
    for newest_first in [false, true] {
        let mut scenario = scene(100);
        scenario.population.newest_first = newest_first;
        for number in 0..20_u64 {
            let meeting = scenario.population.add_meeting(number % 2 == 0);
            scenario.population.meetings[meeting].created_at = START - number * 7 % 20 * 3_600_000;
        }
        let mut expected = scenario.population.meetings.clone();
        expected.sort_by_key(|meeting| (!meeting.active, Reverse(meeting.created_at)));
        let mut world = start(scenario, user_everywhere("wanted"));
        world.run_to_end().unwrap();
        let left = world.network.left.borrow();
        let read = left.iter().filter_map(|left| match &left.asked {
            Asked::Participants(meeting) => Some(meeting),
            _ => None,
        });
        let read: Vec<&String> = read.take(20).collect();
        let expected: Vec<&String> = expected.iter().map(|meeting| &meeting.id).collect();
        assert_eq!(read, expected, "{newest_first}");
    }
}

/// A version that does not know the column still stores removals after a rollback to it.
#[test]
fn a_user_everywhere_whom_an_earlier_version_has_stored_goes_from_everywhere() {
    let mut world = start(fifty_meetings(2), user_everywhere("user-1"));
    while !world.ordered.contains_key(&0) {
        assert!(world.advance().unwrap());
    }
    let store = SimulatedStore(Rc::clone(&world.disk));
    let forgotten = store
        .run(
            "UPDATE removals SET everywhere = 0 WHERE state = 'queued' RETURNING seq",
            &[],
        )
        .unwrap();
    assert_eq!(forgotten.len(), 1);
    until(&mut world, |world| {
        removal(world).state != RemovalState::Queued
    });
    let counted = store.run("SELECT everywhere FROM removals", &[]).unwrap();
    assert!(counted[0].flag(0).unwrap());
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 50);
}
