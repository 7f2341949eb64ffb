//! The API token is refused: everything pauses, visibly, and resumes by itself. A refusal that concerns a single
//! request does not hold up the rest.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::{ItemState, PauseReason, RemovalState};
use participant_remover::realtimekit::RawAnswer;
use participant_remover::removal::RemovalOrder;
use scene::{all_of, everyone_in, participant_in, removal, scene, start};
use simulation::clock::START;
use simulation::world::World;

#[test]
fn a_refused_token_stops_everything_until_it_is_mended() {
    let mut scenario = scene(100);
    scenario.faults.token_outages = vec![(5_000, 7_205_000)];
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..400 {
        scenario.population.add(meeting, "u", START);
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    while world.clock.now() < START + 3_600_000 {
        assert!(world.advance().unwrap());
    }
    let pause = removal(&world).pause.unwrap();
    assert_eq!(pause.reason, PauseReason::TokenRefused);
    assert!(pause.since < START + 7_000);
    let now = world.clock.now();
    let health = world.ledger.as_ref().unwrap().health(now).unwrap();
    assert_eq!(health.pause, Some(pause));
    assert!(
        (5..40).contains(&world.sum().refused),
        "{}",
        world.sum().refused
    );
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::Succeeded, 400)
    );
    let late = view.finished_at.unwrap() - (START + 7_205_000);
    assert!(late < 600_000, "it went on after {late} ms");
    assert_eq!(
        world
            .ledger
            .as_ref()
            .unwrap()
            .health(world.clock.now())
            .unwrap()
            .pause,
        None
    );
}

#[test]
fn somebody_whose_deletion_alone_is_refused_fails_and_the_rest_goes_on() {
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 600_000;
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..30 {
        scenario.population.add(meeting, "u", START);
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().refuses = Some("/participants/p7".to_owned());
    while !removal_is_final(&world) {
        assert!(world.advance().unwrap());
    }
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::PartiallyFailed);
    assert_eq!((view.progress.removed, view.progress.failed), (29, 1));
    let items = world
        .ledger
        .as_ref()
        .unwrap()
        .items(&view.id, None, 200)
        .unwrap()
        .unwrap();
    let failed = items
        .rows
        .iter()
        .find(|item| item.state == ItemState::Failed)
        .unwrap();
    assert_eq!(failed.participant, "p7");
    assert!(
        failed.last_error.as_deref().unwrap().contains("403"),
        "{failed:?}"
    );
    world.network.api.borrow_mut().refuses = None;
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
}

/// Whoever is live when the token is refused is kicked once it is fixed, and not merely deleted.
#[test]
fn whoever_could_not_be_kicked_is_kicked_when_the_token_is_mended() {
    for named in [true, false] {
        let mut scenario = scene(100);
        scenario.faults.token_outages = vec![(1, 7_205_000)];
        let meeting = scenario.population.add_meeting(true);
        for _ in 0..3 {
            scenario.population.add(meeting, "u", START);
        }
        let order = if named {
            let ids = (1..=3).map(|number| format!("p{number}"));
            all_of(ids.map(|id| participant_in(&scenario, meeting, &id)))
        } else {
            // The list is read before the token is refused.
            scenario.faults.token_outages = vec![(300, 7_205_000)];
            everyone_in(&scenario, meeting)
        };
        let mut world = start(scenario, order);
        while world.clock.now() < START + 7_200_000 {
            assert!(world.advance().unwrap());
        }
        assert!(
            (5..60).contains(&world.sum().refused),
            "{}",
            world.sum().refused
        );
        world.run_to_end().unwrap();
        simulation::check::everything(&world).unwrap();
        assert_kicked_and_deleted(&world, meeting);
    }
}

/// One delete is refused and another, in flight beside it, fails. The other's user is back in the session when the
/// token is valid again, and is kicked before the delete is retried.
#[test]
fn whoever_was_in_flight_beside_a_refused_delete_waits_for_the_kick() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(true);
    for _ in 0..2 {
        scenario.population.add(meeting, "u", START);
    }
    let order = all_of(["p1", "p2"].map(|id| participant_in(&scenario, meeting, id)));
    let mut world = start(scenario, order);
    {
        let mut api = world.network.api.borrow_mut();
        api.refuses = Some("/participants/p1".to_owned());
        api.breaks = Some("/participants/p2".to_owned());
    }
    let both = |world: &World| {
        let totals = world.sum();
        totals.refused > 0 && totals.errors > 0
    };
    while !both(&world) {
        assert!(world.advance().unwrap());
    }
    {
        let mut api = world.network.api.borrow_mut();
        (api.refuses, api.breaks) = (None, None);
        api.population.meetings[meeting].participants[1].live = true;
    }
    world.run_to_end().unwrap();
    assert_kicked_and_deleted(&world, meeting);
}

/// The token may delete but not kick: the kick is given up, the delete follows, and nothing stalls.
#[test]
fn a_token_that_may_not_kick_deletes_all_the_same() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(true);
    for _ in 0..3 {
        scenario.population.add(meeting, "u", START);
    }
    let ids = (1..=3).map(|number| format!("p{number}"));
    let order = all_of(ids.map(|id| participant_in(&scenario, meeting, &id)));
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().refuses = Some("/active-session/kick".to_owned());
    while !removal_is_final(&world) {
        assert!(world.advance().unwrap());
    }
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.removed),
        (RemovalState::Succeeded, 3)
    );
    assert!(view.finished_at.unwrap() < START + 60_000);
    assert_eq!(view.pause, None);
}

/// Asserts that everyone in a meeting was deleted, and kicked if live.
fn assert_kicked_and_deleted(world: &World, meeting: usize) {
    let api = world.network.api.borrow();
    let people = &api.population.meetings[meeting].participants;
    assert!(
        people.iter().all(|one| one.gone.is_some() && !one.live),
        "{people:?}"
    );
}

fn removal_is_final(world: &World) -> bool {
    world.ordered.contains_key(&0) && world.ledger.is_some() && removal(world).state.is_final()
}

/// That somebody was refused in one outage of the token, and had another failure since, does not prove that the next
/// outage concerns only them.
#[test]
fn a_token_that_is_refused_once_more_is_seen_to_be() {
    const HOUR: u64 = 3_600_000;
    let mut scenario = scene(100);
    scenario.faults.token_outages = vec![(1, 60_000), (600_000, 40 * HOUR)];
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..2 {
        scenario.population.add(meeting, "u", START);
    }
    let order = RemovalOrder {
        kick: false,
        ..all_of(["p1", "p2"].map(|id| participant_in(&scenario, meeting, id)))
    };
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().instead = Some(Box::new(|request, now| {
        let busy = now < START + 600_000 && now > START + 60_000 && request.url.ends_with("/p1");
        busy.then(|| RawAnswer {
            status: 503,
            body: Some(String::new()),
            retry_after: Some("900".to_owned()),
            ..RawAnswer::default()
        })
    }));
    while world.clock.now() < START + 30 * HOUR {
        assert!(world.advance().unwrap());
    }
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Running);
    let reason = view.pause.map(|pause| pause.reason);
    assert_eq!(reason, Some(PauseReason::TokenRefused));
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).progress.removed, 2);
}
