//! A mistyped app id: finding nobody there proves nothing. If the first response is that somebody is not there, the
//! ledger checks once whether the app exists.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::removal::{Outcome, RemovalOrder};
use scene::{
    all_of, everyone_in, participant_in, removal, scene, start, until, user_everywhere, user_in,
};
use simulation::api::error;
use simulation::asked::Asked;
use simulation::clock::START;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::world::World;

/// Returns a scenario with a meeting of three, of whom `p1` is the user `wanted`, and every kind of removal of them.
fn orders() -> (Scenario, Vec<RemovalOrder>) {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(true);
    for user in ["wanted", "a", "b"] {
        scenario.population.add(meeting, user, START);
    }
    let orders = vec![
        participant_in(&scenario, meeting, "p1"),
        user_in(&scenario, meeting, "wanted"),
        everyone_in(&scenario, meeting),
        user_everywhere("wanted"),
    ];
    (scenario, orders)
}

#[test]
fn in_an_app_that_is_unknown_nobody_counts_as_gone() {
    for kind in 0..4 {
        for dry_run in [false, true] {
            let (scenario, orders) = orders();
            let ordered = RemovalOrder {
                kick: !dry_run,
                dry_run,
                ..orders[kind].clone()
            };
            let mut world = start(scenario, ordered);
            world.network.api.borrow_mut().instead =
                Some(Box::new(|_, _| Some(error(404, "No app found"))));
            until(&mut world, |world| removal(world).state.is_final());
            let view = removal(&world);
            assert_eq!(view.state, RemovalState::Failed, "{kind} {dry_run}");
            assert_eq!(view.progress.already_absent, 0);
            let why = view.last_error.unwrap();
            assert!(why.contains("REALTIMEKIT_APP_IDS"), "{why}");
            // The operator fixes the configuration and retries.
            world.network.api.borrow_mut().instead = None;
            world.run_to_end().unwrap();
            assert_eq!(removal(&world).state, RemovalState::Succeeded);
            let gone = if dry_run { 0 } else { [1, 1, 3, 1][kind] };
            assert_eq!(removal(&world).progress.removed, gone);
        }
    }
}

/// Returns how many times the list of meetings was requested.
fn searches(world: &World) -> usize {
    let left = world.network.left.borrow();
    left.iter()
        .filter(|left| left.asked == Asked::Meetings)
        .count()
}

#[test]
fn the_app_is_looked_for_once_in_its_life() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    for (number, id) in ["nobody", "no-one"].into_iter().enumerate() {
        let order = participant_in(&scenario, meeting, id);
        let at = number as u64 * 3_600_000;
        scenario.script.push((at, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    world.run_to_end().unwrap();
    assert_eq!(searches(&world), 1);
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.already_absent),
        (RemovalState::Succeeded, 1)
    );
    // Its delete was sent again after the check for the app, which does not count as an attempt.
    let items = world.ledger.as_ref().unwrap().items(&view.id, None, 10);
    assert_eq!(items.unwrap().unwrap().rows[0].attempts, 2);
}

#[test]
fn where_the_first_answer_is_a_good_one_nobody_asks_for_the_app() {
    let (scenario, orders) = orders();
    let mut world = start(scenario, all_of([orders[0].clone(), orders[2].clone()]));
    world.run_to_end().unwrap();
    assert_eq!(
        (searches(&world), removal(&world).state),
        (0, RemovalState::Succeeded)
    );
}

#[test]
fn a_question_for_the_app_that_fails_makes_no_delete_doubtful() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    let order = participant_in(&scenario, meeting, "nobody");
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().breaks = Some("/meetings?".to_owned());
    until(&mut world, |world| searches(world) > 1);
    world.network.api.borrow_mut().breaks = None;
    world.run_to_end().unwrap();
    let view = removal(&world);
    let items = world.ledger.as_ref().unwrap().items(&view.id, None, 10);
    let item = &items.unwrap().unwrap().rows[0];
    assert_eq!(item.outcome, Some(Outcome::AlreadyAbsent));
}

/// The list of meetings fails for minutes, and meanwhile somebody joins.
#[test]
fn questions_for_the_app_use_up_no_kicks() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(true);
    scenario.population.add(meeting, "u", START);
    let order = participant_in(&scenario, meeting, "p1");
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().instead = Some(Box::new(|request, now| {
        if now > START + 300_000 {
            return None;
        }
        let status = if request.url.contains("/meetings?") {
            503
        } else {
            404
        };
        Some(error(status, "x"))
    }));
    until(&mut world, |world| world.clock.now() > START + 300_000);
    world.network.api.borrow_mut().population.meetings[meeting].participants[0].live = true;
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 1);
    assert_eq!(removal(&world).kick_error, None);
    let api = world.network.api.borrow();
    assert!(!api.population.meetings[meeting].participants[0].live);
}

#[test]
fn a_meeting_that_is_not_there_is_told_unless_somebody_was_found_in_it() {
    for found in [false, true] {
        let (scenario, orders) = orders();
        let mut world = start(scenario, orders[2].clone());
        let mut lists = 0;
        world.network.api.borrow_mut().instead = Some(Box::new(move |request, _| {
            lists += u32::from(request.url.contains("/participants?"));
            let is_gone = request.url.contains("/participants?") && lists > u32::from(found);
            is_gone.then(|| error(404, "x"))
        }));
        while world.advance().unwrap() {}
        let view = removal(&world);
        assert_eq!(view.state, RemovalState::Succeeded);
        let told = view
            .last_error
            .is_some_and(|why| why.contains("no such meeting"));
        assert_eq!(told, !found);
    }
}
