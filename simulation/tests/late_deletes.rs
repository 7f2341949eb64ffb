//! Late deletes, held up because others hang or fail: whoever came back since their kick is kicked once more, or it is
//! reported.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use std::cell::RefCell;
use std::rc::Rc;

use participant_remover::ledger::RemovalState;
use participant_remover::realtimekit::RawAnswer;
use scene::{
    all_of, everyone_in, live_meeting, meeting_id, participant_in, removal, scene, start, until,
};
use simulation::asked::{Asked, Departure};
use simulation::clock::START;
use simulation::world::World;

/// How long after the response to its kick a delete may be sent, in milliseconds, including the time a request takes.
const FRESH_MS: u64 = 17_000;

/// Fourteen named participants, who all come back, are to be removed from a meeting over a lossy network.
fn rough(seed: u64) -> (World, String) {
    let mut scenario = scene(3_000);
    scenario.seed = seed;
    scenario.headers = false;
    scenario.faults.returns = 1.0;
    scenario.faults.error_before = 0.3;
    scenario.faults.lost_after = 0.1;
    scenario.faults.lost_before = 0.15;
    scenario.faults.end = 3_600_000;
    let meeting = live_meeting(&mut scenario, 14);
    let named = |n: u32| participant_in(&scenario, meeting, &format!("p{n}"));
    let order = all_of((1..=14).map(named));
    let id = meeting_id(&scenario, meeting).as_str().to_owned();
    (start(scenario, order), id)
}

/// Returns how long after the response to its last kick, or to the check for a live session, a delete was sent.
fn age(before: &[Departure], delete: &Departure, meeting: &str, id: &str) -> u64 {
    let kicks = before
        .iter()
        .filter(|one| one.asked.kicks(meeting, id) || matches!(one.asked, Asked::Session(_)));
    let heard = kicks.map(|kick| kick.answered.map_or(kick.at + 10_000, |(at, _)| at));
    delete.at.saturating_sub(heard.max().unwrap_or(0))
}

#[test]
fn whoever_is_deleted_late_was_kicked_anew_or_that_is_told() {
    let (mut late, mut deletes) = (0, 0);
    for seed in 0..300 {
        let (mut world, meeting) = rough(seed);
        // A retry would send the kicks again.
        world.run_until_final().unwrap();
        let view = removal(&world);
        let left = world.network.left.borrow();
        for (number, delete) in left.iter().enumerate().filter(|(_, left)| left.is_back) {
            let Asked::Delete(_, id) = &delete.asked else {
                continue;
            };
            deletes += 1;
            let age = age(&left[..number], delete, &meeting, id);
            if age > FRESH_MS {
                late += 1;
                assert!(
                    view.kick_error.is_some(),
                    "seed {seed}: {id} is deleted {age} ms after their kick"
                );
            }
        }
    }
    println!("{late} of {deletes} deletes of somebody who was back came late, which was told");
    assert!(deletes > 1_000 && late < 20, "{late} of {deletes}");
}

/// Answers deletes of this participant with a 503 and a `retry-after`, for as long as `is_unwell` returns true for the
/// number of such responses and the time. Returns the times of the responses.
fn unwell(
    world: &World,
    id: &'static str,
    seconds: &'static str,
    is_unwell: impl Fn(usize, u64) -> bool + 'static,
) -> Rc<RefCell<Vec<u64>>> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&seen);
    let mut api = world.network.api.borrow_mut();
    let mut before = api.instead.take();
    api.instead = Some(Box::new(move |request, now| {
        let is_about = request.url.ends_with(&format!("/participants/{id}"));
        if !is_about || !is_unwell(kept.borrow().len(), now - START) {
            return before.as_mut().and_then(|before| before(request, now));
        }
        kept.borrow_mut().push(now - START);
        Some(RawAnswer {
            status: 503,
            body: Some(String::new()),
            retry_after: Some(seconds.to_owned()),
            ..RawAnswer::default()
        })
    }));
    seen
}

/// `RealtimeKit` asks for an hour's wait before one delete is retried; another participant's delete is late, and they
/// are kicked again.
#[test]
fn a_new_kick_for_somebody_else_keeps_the_time_to_wait() {
    let mut scenario = scene(50);
    let meeting = live_meeting(&mut scenario, 2);
    let order = all_of(["p1", "p2"].map(|id| participant_in(&scenario, meeting, id)));
    let mut world = start(scenario, order);
    let first = unwell(&world, "p1", "3600", |times, _| times < 1);
    let second = unwell(&world, "p2", "20", |times, _| times < 3);
    world.run_to_end().unwrap();
    assert_eq!((first.borrow().len(), second.borrow().len()), (1, 3));
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    let left = world.network.left.borrow();
    let again = left
        .iter()
        .filter(|left| matches!(&left.asked, Asked::Delete(_, id) if id == "p1"));
    let again = again.map(|left| left.at - START).max().unwrap();
    assert!((3_600_000..3_700_000).contains(&again), "{again} ms");
}

/// One participant's delete is in flight while the others are kicked again, and it is then asked to wait.
#[test]
fn who_is_in_flight_during_a_new_kick_keeps_the_time_to_wait() {
    for seed in 0..40 {
        let mut scenario = scene(3_000);
        scenario.seed = seed;
        let meeting = live_meeting(&mut scenario, 2);
        let order = all_of(["p1", "p2"].map(|id| participant_in(&scenario, meeting, id)));
        let mut world = start(scenario, order);
        let hour = unwell(&world, "p1", "3600", |times, _| times < 1);
        unwell(&world, "p1", "9", |times, _| times < 1);
        unwell(&world, "p2", "13", |times, _| times < 1);
        world.run_to_end().unwrap();
        let asked = START + hour.borrow()[0];
        let left = world.network.left.borrow();
        let again = left
            .iter()
            .filter(|left| matches!(&left.asked, Asked::Delete(_, id) if id == "p1"))
            .find(|left| left.at > asked);
        let waited = again.unwrap().at - asked;
        assert!(waited >= 3_600_000, "seed {seed}: {waited} ms");
    }
}

/// Six thousand are deleted at the pace of the limit, and one delete is told to wait an hour again and again, for two
/// hours: less than the four after which it is given up, however often the others are kicked again.
#[test]
fn only_time_that_was_waited_counts() {
    let mut scenario = scene(50);
    scenario.headers = false;
    scenario.settings.give_up_after_ms = 4 * 3_600_000;
    let meeting = live_meeting(&mut scenario, 6_000);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    unwell(&world, "p1", "3600", |_, now| now < 2 * 3_600_000);
    until(&mut world, |world| removal(world).state.is_final());
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
}

/// The API lets more deletes through than when the first were released; it asks for an hour's wait for the last of
/// these.
#[test]
fn the_next_portion_does_not_wait_for_a_delete_that_is_repeated_later() {
    let mut scenario = scene(50);
    scenario.quota = Some(150);
    let meeting = live_meeting(&mut scenario, 500);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    unwell(&world, "p120", "3600", |times, _| times < 1);
    let deletes = |departure: &Departure| matches!(departure.asked, Asked::Delete(..));
    until(&mut world, |world| {
        world.network.left.borrow().iter().any(deletes)
    });
    world.network.api.borrow_mut().quota = 1_200;
    until(&mut world, |world| world.clock.now() > START + 60_000);
    let present = world.network.api.borrow().population.present();
    assert!(
        present < 500 - 120,
        "{present} are there: only the first portion went"
    );
}
