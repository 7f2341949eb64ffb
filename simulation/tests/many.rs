//! Many concurrent removals: they take turns, and those of users everywhere wait for room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::collections::BTreeMap;

use participant_remover::ledger::{Change, RemovalState};
use participant_remover::realtimekit::RawAnswer;
use scene::{
    everyone_in, fifty_meetings, meeting_of, participant_in, removal, scene, start, user_everywhere,
};
use simulation::check;
use simulation::clock::START;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::world::World;

/// Returns the state of the removal ordered under this number.
fn state(world: &World, number: usize) -> Option<RemovalState> {
    let id = world.ordered.get(&number)?.id.clone()?;
    let ledger = world.ledger.as_ref()?;
    let view = ledger.show(&id, world.clock.now()).unwrap();
    view.map(|view| view.state)
}

fn states(world: &World) -> BTreeMap<usize, Option<RemovalState>> {
    world
        .ordered
        .keys()
        .map(|number| (*number, state(world, *number)))
        .collect()
}

/// Processes the next event. Returns `false` once ten removals were ordered and all of them are final.
fn ten_go_on(world: &mut World) -> bool {
    let is_final = |state: &Option<RemovalState>| state.is_some_and(RemovalState::is_final);
    if world.ordered.len() == 10 && states(world).values().all(is_final) {
        return false;
    }
    assert!(world.advance().unwrap());
    true
}

/// Asserts that ten of the twenty users are gone from all fifty meetings.
fn assert_ten_are_gone(world: &World) {
    check::everything(world).unwrap();
    assert_eq!(world.network.api.borrow().population.present(), 500);
}

/// Removes this many users from everywhere, each with a separate removal.
fn everywhere(mut scenario: Scenario, users: usize) -> World {
    for number in 0..users {
        let order = user_everywhere(&format!("user-{number}"));
        scenario.script.push((0, Act::Order { number, order }));
    }
    World::new(scenario).unwrap()
}

#[test]
fn a_small_removal_does_not_wait_for_the_end_of_a_large_one() {
    let mut scenario = scene(100);
    scenario.settings.requests_per_5_minutes = 100;
    let large = meeting_of(&mut scenario, false, 300);
    let small = scenario.population.add_meeting(false);
    scenario.population.add(small, "one", START);
    let one = participant_in(&scenario, small, "p301");
    let order = one;
    scenario
        .script
        .push((400_000, Act::Order { number: 1, order }));
    let order = everyone_in(&scenario, large);
    let mut world = start(scenario, order);
    while state(&world, 1).is_none_or(|state| !state.is_final()) {
        assert!(world.advance().unwrap());
    }
    assert_eq!(state(&world, 1), Some(RemovalState::Succeeded));
    assert_eq!(removal(&world).state, RemovalState::Running);
    let waited = world.clock.now() - START - 400_000;
    assert!(waited <= 310_000, "it took {waited} ms");
}

#[test]
fn of_users_everywhere_as_many_are_at_work_as_there_is_room_for() {
    let mut scenario = fifty_meetings(20);
    scenario.settings.everywhere_at_once = 3;
    let mut world = everywhere(scenario, 10);
    let (mut most, mut room_since) = (0, None);
    while ten_go_on(&mut world) {
        let states = states(&world);
        let running = states
            .values()
            .filter(|state| **state == Some(RemovalState::Running));
        let running = running.count();
        most = most.max(running);
        // A removal that ends makes room at once.
        let waits = states
            .values()
            .any(|state| *state == Some(RemovalState::Queued));
        if running == 3 || !waits {
            room_since = None;
        } else {
            let since = *room_since.get_or_insert(world.clock.now());
            assert!(world.clock.now() - since < 3_000, "{states:?}");
        }
        // In order: none has started while an older one waits.
        let waiting = states
            .iter()
            .position(|(_, s)| *s == Some(RemovalState::Queued));
        let begun = states
            .values()
            .rposition(|s| *s == Some(RemovalState::Running));
        if let (Some(waiting), Some(begun)) = (waiting, begun) {
            assert!(begun < waiting, "{states:?}");
        }
    }
    assert_eq!(most, 3);
    assert_ten_are_gone(&world);
}

/// The first removal reads the list of meetings before others are started: this shows how many rows each of them costs.
#[test]
fn of_users_everywhere_so_many_are_at_work_as_their_rows_allow() {
    let mut scenario = fifty_meetings(20);
    scenario.settings.everywhere_rows = 120;
    let mut world = everywhere(scenario, 10);
    let mut most = 0;
    while ten_go_on(&mut world) {
        most = most.max(scene::works(&world));
    }
    assert!((100..=120).contains(&most), "{most} rows");
    assert_ten_are_gone(&world);
}

/// A removal that can do nothing for hours, since a meeting cannot be read, does not hold up the others for as long.
#[test]
fn one_that_waits_for_long_makes_room() {
    let mut scenario = fifty_meetings(2);
    scenario.settings.everywhere_at_once = 1;
    let broken = scene::meeting_id(&scenario, 7);
    let mut world = everywhere(scenario, 2);
    world.network.api.borrow_mut().breaks = Some(format!("{broken}/participants"));
    while state(&world, 1) != Some(RemovalState::Running) {
        assert!(world.advance().unwrap());
    }
    let waited = world.clock.now() - START;
    assert!(waited < 1_800_000, "it took {waited} ms");
    world.network.api.borrow_mut().breaks = None;
    world.run_to_end().unwrap();
}

/// Room that becomes free unnoticed goes to the removal that has been waiting, not to one that has just arrived.
#[test]
fn nobody_overtakes_one_that_is_held() {
    let mut scenario = fifty_meetings(3);
    scenario.settings.everywhere_at_once = 1;
    let broken = scene::meeting_id(&scenario, 7);
    for at in (30_000..600_000).step_by(7_000) {
        let order = user_everywhere("user-2");
        let number = 2 + usize::try_from(at).unwrap();
        scenario.script.push((at, Act::Order { number, order }));
    }
    let mut world = everywhere(scenario, 2);
    world.network.api.borrow_mut().breaks = Some(format!("{broken}/participants"));
    while state(&world, 1) != Some(RemovalState::Running) {
        assert!(world.advance().unwrap());
        let begun = states(&world)
            .into_iter()
            .filter(|(number, state)| *number > 1 && *state == Some(RemovalState::Running));
        assert_eq!(begun.count(), 0, "{:?}", states(&world));
    }
    world.network.api.borrow_mut().breaks = None;
    world.run_to_end().unwrap();
}

#[test]
fn one_that_is_cancelled_makes_room() {
    let mut scenario = fifty_meetings(2);
    scenario.settings.everywhere_at_once = 1;
    scenario.script.push((700, Act::Cancel(0)));
    let mut world = everywhere(scenario, 2);
    let mut cancelled_at = None;
    while state(&world, 1) != Some(RemovalState::Running) {
        assert!(world.advance().unwrap());
        if state(&world, 0) == Some(RemovalState::Cancelled) {
            cancelled_at.get_or_insert(world.clock.now());
        }
    }
    let waited = world.clock.now() - cancelled_at.unwrap();
    assert!(waited < 5_000, "it took {waited} ms");
    world.run_to_end().unwrap();
}

/// While some user is being removed, meetings are created faster than their list can be read.
#[test]
fn an_app_in_which_meetings_are_made_all_the_time_is_read_to_an_end() {
    let mut scenario = fifty_meetings(2);
    scenario.faults.latency = 2_000;
    for number in 0..1_000 {
        let users = vec![format!("new-{number}")];
        scenario
            .script
            .push((number * 2_000, Act::AddMeeting { users }));
    }
    let mut world = start(scenario, user_everywhere("user-1"));
    world.run_to_end().unwrap();
    check::everything(&world).unwrap();
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Succeeded);
    assert_eq!(view.progress.removed, 50);
    let took = view.finished_at.unwrap() - START;
    assert!(took < 600_000, "it took {took} ms");
}

/// A meeting's list keeps shrinking since another removal is emptying it, which takes the better part of an hour.
#[test]
fn a_meeting_that_another_removal_empties_is_not_given_up() {
    for (no_totals, missing_pages) in [(false, false), (true, false), (false, true)] {
        is_not_given_up(no_totals, missing_pages);
    }
}

fn is_not_given_up(no_totals: bool, missing_pages: bool) {
    let mut scenario = scene(100);
    scenario.settings.requests_per_5_minutes = 150;
    scenario.no_totals = no_totals;
    let meeting = meeting_of(&mut scenario, false, 2_000);
    let order = user_everywhere("nobody");
    scenario
        .script
        .push((60_000, Act::Order { number: 1, order }));
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().quirks.missing_pages = missing_pages;
    while states(&world)
        .get(&1)
        .is_none_or(|s| !s.is_some_and(RemovalState::is_final))
    {
        assert!(world.advance().unwrap());
    }
    assert_eq!(state(&world, 1), Some(RemovalState::Succeeded));
}

/// Four have failed and are retried, one at a time; the page that the first one reads ends the others.
#[test]
fn a_removal_that_ends_without_a_request_makes_room_at_once() {
    let mut scenario = scene(50);
    scenario.settings.everywhere_at_once = 1;
    meeting_of(&mut scenario, false, 3);
    for number in 0..4 {
        let order = user_everywhere(&format!("nobody-{number}"));
        let act = Act::Order { number, order };
        scenario.script.push((number as u64, act));
    }
    let mut world = World::new(scenario).unwrap();
    world.network.api.borrow_mut().instead = Some(Box::new(|request, _| {
        request.url.contains("/participants?").then(|| RawAnswer {
            status: 400,
            body: Some(r#"{"success":false}"#.to_owned()),
            ..RawAnswer::default()
        })
    }));
    let all = |world: &World, wanted: RemovalState| {
        (0..4).all(|number| state(world, number) == Some(wanted))
    };
    while !all(&world, RemovalState::Failed) {
        assert!(world.advance().unwrap());
    }
    world.network.api.borrow_mut().instead = None;
    let (ledger, again) = (world.ledger.clone().unwrap(), world.clock.now());
    for ordered in world.ordered.values() {
        let done = ledger
            .retry(ordered.id.as_ref().unwrap(), None, again)
            .unwrap();
        assert_eq!(done, Some(Change::Done));
    }
    world.disk.set_alarm(ledger.next_alarm(again).unwrap());
    world.disk.commit();
    while !all(&world, RemovalState::Succeeded) {
        assert!(world.advance().unwrap());
    }
    let took = world.clock.now() - again;
    assert!(took < 30_000, "{took} ms");
}
