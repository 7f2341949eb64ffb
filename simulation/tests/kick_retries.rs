//! A retry kicks those who were deleted although their kick had failed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use std::rc::Rc;

use participant_remover::ledger::{Change, Progress, RemovalState, Store};
use participant_remover::removal::RemovalOrder;
use scene::{
    all_of, everyone_in, live_meeting, participant_in, removal, scene, start, user_everywhere,
    user_in, works,
};
use simulation::asked::Asked;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::store::SimulatedStore;
use simulation::world::World;

/// The duration of all faults, in milliseconds.
const FOR_EVER: u64 = 24 * 60 * 60 * 1000;

/// Runs a removal of live people whom nobody can kick, until it has ended.
fn removed_unkicked(mut scenario: Scenario, order: RemovalOrder) -> World {
    scenario.faults.unkickable = 1.0;
    scenario.faults.end = FOR_EVER;
    let mut world = start(scenario, order);
    scene::until(&mut world, |world| removal(world).state.is_final());
    assert!(removal(&world).kick_error.is_some());
    assert!(live(&world) > 0);
    world.network.api.borrow_mut().faults.unkickable = 0.0;
    world
}

/// How many of the people who were deleted are still in a session.
fn live(world: &World) -> usize {
    let api = world.network.api.borrow();
    let people = api.population.meetings.iter().flat_map(|m| &m.participants);
    people.filter(|p| p.gone.is_some() && p.live).count()
}

/// Returns whether a removal has nothing that can be retried.
fn is_not_retried(world: &World) -> bool {
    let view = removal(world);
    let ledger = world.ledger.as_ref().unwrap();
    let change = ledger.retry(&view.id, None, world.clock.now()).unwrap();
    change == Some(Change::NotPossible(view.state))
}

/// Retries a removal, and returns what was asked of the API for that.
fn asked_by_retry(world: &mut World) -> Vec<Asked> {
    let before = world.network.left.borrow().len();
    world.then(Act::Retry(0));
    scene::until(world, |world| !removal(world).state.is_final());
    scene::until(world, |world| removal(world).state.is_final());
    let left = world.network.left.borrow();
    let since = left.iter().skip(before);
    since.map(|one| one.asked.clone()).collect()
}

fn is_delete(asked: &Asked) -> bool {
    matches!(asked, Asked::Delete(..))
}

#[test]
fn a_retry_kicks_those_who_were_deleted_unkicked() {
    type Order = fn(&Scenario, usize) -> RemovalOrder;
    let orders: [Order; 4] = [
        |scenario, meeting| participant_in(scenario, meeting, "p1"),
        |scenario, meeting| user_in(scenario, meeting, "user-1"),
        everyone_in,
        |_, _| user_everywhere("user-1"),
    ];
    for order in orders {
        let mut scenario = scene(100);
        let meeting = live_meeting(&mut scenario, 3);
        let order = order(&scenario, meeting);
        let mut world = removed_unkicked(scenario, order);
        let before = removal(&world);
        assert_eq!(before.state, RemovalState::Succeeded);
        // Whoever was added since is none of this.
        scene::add(&world, meeting, "user-1");
        let asked = asked_by_retry(&mut world);
        assert_eq!(asked.len(), 1, "{asked:?}");
        let view = removal(&world);
        assert_eq!((view.state, view.kick_error), (before.state, None));
        let counts = |p: &Progress| (p.found, p.removed, p.failed, p.meetings_scanned);
        assert_eq!(counts(&view.progress), counts(&before.progress));
        assert_eq!(live(&world), 0);
        assert!(is_not_retried(&world));
        world.run_to_end().unwrap();
        assert_eq!(works(&world), 0);
    }
}

/// Returns an order for everybody in a meeting of `people`, by their ids.
fn by_name(scenario: &Scenario, meeting: usize, people: usize) -> RemovalOrder {
    let names = (1..=people).map(|number| format!("p{number}"));
    all_of(names.map(|name| participant_in(scenario, meeting, &name)))
}

/// Returns the end of a removal of so many by name, all of them deleted unkicked, from a meeting with one more.
fn unkicked_by_name(people: usize) -> World {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, people + 1);
    let order = by_name(&scenario, meeting, people);
    removed_unkicked(scenario, order)
}

#[test]
fn a_retry_kicks_many_in_groups_and_each_alone_where_one_has_left() {
    for leaves in [false, true] {
        let mut world = unkicked_by_name(45);
        if leaves {
            world.network.api.borrow_mut().population.meetings[0].participants[22].live = false;
        }
        let asked = asked_by_retry(&mut world);
        assert_eq!(removal(&world).kick_error, None);
        assert_eq!(live(&world), 0);
        let kicked = asked.iter().filter_map(|asked| match asked {
            Asked::Kick(_, ids) => Some(ids.len()),
            _ => None,
        });
        let kicked: Vec<usize> = kicked.collect();
        if leaves {
            assert_eq!(&kicked[..3], [20, 20, 1]);
            assert_eq!(kicked.len(), 2 + 25);
        } else {
            assert_eq!(kicked, [20, 20, 5]);
            assert_eq!(asked.len(), 3, "{asked:?}");
        }
    }
}

#[test]
fn a_retry_whose_kick_fails_again_can_be_repeated() {
    let mut world = unkicked_by_name(25);
    world.network.api.borrow_mut().faults.unkickable = 1.0;
    asked_by_retry(&mut world);
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Succeeded);
    assert_eq!(view.progress.removed, 25);
    let told = view.last_error.unwrap_or_default();
    assert!(told.starts_with("a kick failed again: "), "{told}");
    assert_eq!(live(&world), 25);
    world.network.api.borrow_mut().faults.unkickable = 0.0;
    asked_by_retry(&mut world);
    assert_eq!(removal(&world).kick_error, None);
    assert_eq!(live(&world), 0);
}

#[test]
fn a_retry_kicks_who_is_gone_and_then_deletes_who_is_not() {
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 30_000;
    let meeting = live_meeting(&mut scenario, 3);
    let order = by_name(&scenario, meeting, 3);
    scenario.faults.unkickable = 1.0;
    scenario.faults.end = FOR_EVER;
    let mut world = start(scenario, order);
    world.network.api.borrow_mut().breaks = Some("/participants/p2".to_owned());
    scene::until(&mut world, |world| removal(world).state.is_final());
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::PartiallyFailed);
    assert_eq!((view.progress.removed, live(&world)), (2, 2));
    {
        let mut api = world.network.api.borrow_mut();
        api.breaks = None;
        api.faults.unkickable = 0.0;
    }
    let asked = asked_by_retry(&mut world);
    let view = removal(&world);
    assert_eq!(
        (view.state, view.kick_error),
        (RemovalState::Succeeded, None)
    );
    assert_eq!((view.progress.removed, live(&world)), (3, 0));
    let deleted: Vec<_> = asked.iter().filter(|asked| is_delete(asked)).collect();
    assert!(matches!(deleted[..], [Asked::Delete(_, one)] if one == "p2"));
}

/// Only the rows of work that a retry needs are kept.
#[test]
fn a_removal_keeps_the_work_of_failed_kicks_alone() {
    let mut scenario = scene(100);
    scene::meetings_with(&mut scenario, false, 10, "user-1");
    live_meeting(&mut scenario, 3);
    let mut world = removed_unkicked(scenario, user_everywhere("user-1"));
    assert_eq!(removal(&world).progress.meetings_scanned, 11);
    while works(&world) > 1 {
        assert!(world.advance().unwrap());
    }
    asked_by_retry(&mut world);
    assert_eq!(removal(&world).progress.meetings_scanned, 11);
}

/// Whoever waits for the end may retry before the rows of work that are no longer needed are deleted.
#[test]
fn a_retry_right_after_the_end_is_about_the_kick_alone() {
    let mut scenario = scene(100);
    scenario.settings.sweep_rows = 40;
    for _ in 0..60 {
        scenario.population.add_meeting(false);
    }
    let meeting = live_meeting(&mut scenario, 3);
    let mut world = removed_unkicked(scenario, user_everywhere("user-1"));
    // The next portion would delete all of it.
    scene::until(&mut world, |world| works(world) < 40);
    assert!(works(&world) > 1);
    scene::add(&world, meeting, "user-1");
    assert_eq!(asked_by_retry(&mut world).len(), 1);
    let view = removal(&world);
    assert_eq!((view.progress.found, view.kick_error), (1, None));
    assert_eq!(view.progress.meetings_scanned, 61);
    assert_eq!(live(&world), 0);
}

#[test]
fn a_retry_kicks_before_it_reads_a_list_that_had_failed_too() {
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 30_000;
    scenario.faults.unkickable = 1.0;
    scenario.faults.end = FOR_EVER;
    let meeting = live_meeting(&mut scenario, 3);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    scene::until(&mut world, |world| removal(world).progress.removed > 0);
    world.network.api.borrow_mut().breaks = Some("/participants?".to_owned());
    scene::until(&mut world, |world| removal(world).state.is_final());
    assert_eq!((removal(&world).progress.removed, live(&world)), (3, 3));
    world.network.api.borrow_mut().faults.unkickable = 0.0;
    asked_by_retry(&mut world);
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::PartiallyFailed);
    assert_eq!((view.kick_error, live(&world)), (None, 0));
}

/// A token that may delete and not kick holds nothing else up.
#[test]
fn a_retry_ends_at_the_first_kick_that_is_refused() {
    let mut scenario = scene(100);
    for _ in 0..30 {
        live_meeting(&mut scenario, 2);
    }
    let mut world = removed_unkicked(scenario, user_everywhere("user-1"));
    world.network.api.borrow_mut().refuses = Some("/active-session/kick".to_owned());
    let began = world.clock.now();
    let asked = asked_by_retry(&mut world);
    assert!(asked.len() <= 6, "{asked:?}");
    assert!(world.clock.now() < began + 5_000);
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Succeeded);
    assert_eq!(
        (view.progress.removed, view.progress.meetings_scanned),
        (30, 30)
    );
    let told = view.kick_error.unwrap_or_default();
    assert!(told.contains("refused"), "{told}");
    let ledger = world.ledger.as_ref().unwrap();
    assert!(ledger.health(world.clock.now()).unwrap().pause.is_none());
    world.network.api.borrow_mut().refuses = None;
    asked_by_retry(&mut world);
    assert_eq!((removal(&world).kick_error, live(&world)), (None, 0));
}

#[test]
fn a_retry_of_kicks_that_is_cancelled_leaves_the_removal_as_it_was() {
    for sent in [false, true] {
        let mut world = unkicked_by_name(45);
        let before = removal(&world);
        let left = world.network.left.borrow().len();
        world.then(Act::Retry(0));
        scene::until(&mut world, |world| {
            let is_sent = world.network.left.borrow().len() > left;
            !removal(world).state.is_final() && (is_sent || !sent)
        });
        world.then(Act::Cancel(0));
        scene::until(&mut world, |world| removal(world).state.is_final());
        let view = removal(&world);
        assert_eq!((view.state, view.cancelled_by), (before.state, None));
        assert_eq!(view.progress.meetings_scanned, 1);
        assert_eq!(view.kick_error, before.kick_error);
        // Each of its ends is told: this one by the call that cancels it, or when nothing is in flight any more.
        let ledger = Rc::clone(world.ledger.as_ref().unwrap());
        let told = ledger.take_ended(world.clock.now()).unwrap().len();
        assert_eq!(told + world.network.open(), 1);
        scene::until(&mut world, |world| world.told.borrow().len() + told == 2);
        asked_by_retry(&mut world);
        assert_eq!((removal(&world).kick_error, live(&world)), (None, 0));
    }
}

/// An earlier version would take `closing` for a kick of everyone, and end the work after it.
#[test]
fn an_earlier_version_is_not_told_to_kick_everyone() {
    let mut world = unkicked_by_name(2);
    world.then(Act::Retry(0));
    scene::until(&mut world, |world| !removal(world).state.is_final());
    let store = SimulatedStore(Rc::clone(&world.disk));
    let rows = store.run("SELECT sum(closing), count(*) FROM works", &[]);
    let rows = rows.unwrap();
    assert_eq!((rows[0].integer(0), rows[0].integer(1)), (Ok(0), Ok(1)));
}
