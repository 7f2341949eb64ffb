//! Kicked participants may come back until they are deleted: the delete follows soon, or the kick is repeated.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::removal::RemovalOrder;
use scene::{all_of, everyone_in, live_meeting, removal, scene, start, until, user_in};
use simulation::asked::{Asked, Departure};
use simulation::clock::START;
use simulation::population::Gone;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::world::World;

/// How long after the response to its kick a delete may be sent, in milliseconds.
const FRESH_MS: u64 = 15_000;

/// A scenario in which everybody who is kicked comes back within twenty seconds.
fn returning() -> Scenario {
    let mut scenario = scene(100);
    scenario.faults.returns = 1.0;
    scenario.faults.end = 24 * 60 * 60 * 1000;
    scenario
}

/// Creates `removals` live meetings of `each` users, and for each meeting a removal of its users.
fn crowd(mut scenario: Scenario, removals: usize, each: usize) -> World {
    for number in 0..removals {
        let meeting = live_meeting(&mut scenario, each);
        let users = (0..each).map(|user| format!("user-{user}"));
        let order = all_of(users.map(|user| user_in(&scenario, meeting, &user)));
        let act = Act::Order { number, order };
        scenario.script.push((number as u64, act));
    }
    World::new(scenario).unwrap()
}

fn finish(world: &mut World) -> Vec<Departure> {
    world.run_to_end().unwrap();
    let states = world.states().unwrap();
    assert!(
        states
            .iter()
            .all(|(_, state)| *state == RemovalState::Succeeded)
    );
    world.network.left.borrow().clone()
}

/// Returns the longest time between the response to a kick and the delete that followed it.
fn longest_gap(left: &[Departure]) -> u64 {
    let gaps = left.iter().enumerate().filter_map(|(number, delete)| {
        let Asked::Delete(meeting, id) = &delete.asked else {
            return None;
        };
        let mut before = left[..number].iter().rev();
        let kick = before.find(|one| one.asked.kicks(meeting, id)).unwrap();
        Some(delete.at - kick.answered.unwrap().0)
    });
    gaps.max().unwrap()
}

fn count(left: &[Departure], is: impl Fn(&Asked) -> bool) -> usize {
    left.iter().filter(|one| is(&one.asked)).count()
}

#[test]
fn a_delete_follows_its_kick_soon_however_many_removals_wait() {
    let mut scenario = returning();
    // A fifth of it is for the synchronous route: 80 requests in five minutes are left.
    scenario.settings.requests_per_5_minutes = 100;
    let left = finish(&mut crowd(scenario, 150, 1));
    let gap = longest_gap(&left);
    assert!(gap <= FRESH_MS, "{gap} ms");
    let kicks = count(&left, |asked| matches!(asked, Asked::Kick(..)));
    assert!(kicks <= 150 + 60, "{kicks} kicks of 150");
}

#[test]
fn the_deletes_of_a_meeting_follow_their_kick_in_a_crowd() {
    let left = finish(&mut crowd(returning(), 60, 30));
    let gap = longest_gap(&left);
    assert!(gap <= FRESH_MS, "{gap} ms");
    let kicks = count(&left, |asked| {
        matches!(asked, Asked::Kick(..) | Asked::Session(_))
    });
    assert!(
        kicks <= 60 * 30 / 4,
        "{kicks} kicks and looks of 1,800 deletes"
    );
}

#[test]
fn nobody_of_a_meeting_that_is_emptied_stays_by_coming_back() {
    let mut scenario = returning();
    let meeting = live_meeting(&mut scenario, 1_000);
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    let left = finish(&mut world);
    assert_eq!(removal(&world).progress.removed, 1_000);
    let kicks = count(&left, |asked| matches!(asked, Asked::KickAll(_)));
    assert!(kicks <= 60, "{kicks} kicks");
    let api = world.network.api.borrow();
    let people = api.population.meetings[meeting].participants.iter();
    // Nobody comes back after their delete, and a delete does not make anybody leave.
    let live = people
        .filter(|person| person.is_live(person.gone.as_ref().unwrap().at))
        .count();
    assert_eq!(live, 0, "live still, and deleted");
}

#[test]
fn a_limit_that_leaves_no_room_behind_a_kick_stops_nothing() {
    let mut scenario = returning();
    scenario.settings.requests_per_5_minutes = 1;
    let left = finish(&mut crowd(scenario, 2, 2));
    let deletes = left
        .iter()
        .filter(|left| matches!(left.asked, Asked::Delete(..)));
    let times: Vec<u64> = deletes.map(|delete| delete.at).collect();
    assert_eq!(times.len(), 4);
    assert!(times[3] < START + 24 * 60 * 60 * 1000);
}

/// A removal that does not kick has already deleted their records: emptying the meeting still kicks them.
#[test]
fn whoever_is_live_without_a_record_is_put_out_with_everyone() {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, 3);
    let everyone = |kick| RemovalOrder {
        kick,
        ..everyone_in(&scenario, meeting)
    };
    let orders = [(1, 0, everyone(false)), (0, 5_000, everyone(true))];
    for (number, at, order) in orders {
        scenario.script.push((at, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.found),
        (RemovalState::Succeeded, 0)
    );
    assert!(nobody_is_live(&world, meeting));
}

/// If that kick fails, nothing was achieved, and the removal says so.
#[test]
fn a_kick_of_those_without_a_record_that_fails_is_no_success() {
    let mut scenario = scene(100);
    scenario.faults.unkickable = 1.0;
    scenario.faults.end = 60_000;
    let meeting = live_meeting(&mut scenario, 3);
    for person in &mut scenario.population.meetings[meeting].participants {
        person.gone = Some(Gone {
            at: START,
            by_us: false,
        });
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    until(&mut world, |world| removal(world).state.is_final());
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Failed);
    let why = view.last_error.unwrap_or_default();
    assert!(why.contains("the kick of everyone failed"), "{why}");
    // It is retried once there are no more faults.
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    assert!(nobody_is_live(&world, meeting));
}

fn nobody_is_live(world: &World, meeting: usize) -> bool {
    let api = world.network.api.borrow();
    let mut people = api.population.meetings[meeting].participants.iter();
    people.all(|person| !person.live)
}
