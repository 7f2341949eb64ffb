//! Meetings with more people than may be deleted in five minutes: they are emptied in portions, whatever goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::rc::Rc;

use fastrand::Rng;
use participant_remover::ledger::Store;
use participant_remover::ledger::schema::migrate;
use participant_remover::removal::RemovalOrder;
use participant_remover::values;
use scene::{all_of, everyone_in, live_meeting, meeting_id, participant_in, scene, user_in};
use simulation::asked::Asked;
use simulation::check;
use simulation::clock::START;
use simulation::faults::Faults;
use simulation::scenario::Scenario;
use simulation::script::Act;
use simulation::store::SimulatedStore;
use simulation::world::World;

const HOUR: u64 = 3_600_000;

/// A meeting is emptied, and perhaps other removals concern it; some are retried or cancelled, and people join.
fn crowded(seed: u64) -> Scenario {
    let chance = &mut Rng::with_seed(seed);
    let mut scenario = scene(chance.u64(20..3_000));
    scenario.seed = seed;
    scenario.headers = chance.bool();
    scenario.settings.requests_per_5_minutes = chance.u32(2..50);
    if chance.bool() {
        scenario.settings.give_up_after_ms = HOUR;
    }
    if !seed.is_multiple_of(5) {
        scenario.faults = Faults::of(chance);
    }
    let people = chance.usize(5..60);
    let meeting = live_meeting(&mut scenario, people);
    let everyone = everyone_in(&scenario, meeting);
    let ids = (1..chance.usize(1..people)).map(|number| format!("p{number}"));
    let named = ids.map(|id| participant_in(&scenario, meeting, &id));
    let first = all_of([everyone.clone()].into_iter().chain(named));
    let looks = RemovalOrder {
        dry_run: true,
        ..everyone.clone()
    };
    let kicks_nobody = RemovalOrder {
        kick: false,
        ..everyone
    };
    let one = user_in(&scenario, meeting, "user-1");
    let mut script = vec![(0, first)];
    for order in [looks, kicks_nobody, one] {
        if chance.u8(0..3) == 0 {
            script.push((chance.u64(1..600_000), order));
        }
    }
    let orders = script.len();
    let numbered = script.into_iter().enumerate();
    scenario
        .script
        .extend(numbered.map(|(number, (at, order))| (at, Act::Order { number, order })));
    for _ in 0..chance.usize(0..10) {
        let user = format!("late-{}", chance.u8(0..5));
        let add = Act::Add { meeting, user };
        scenario.script.push((chance.u64(1..HOUR), add));
    }
    for _ in 0..chance.usize(0..3) {
        let retry = Act::Retry(chance.usize(0..orders));
        scenario.script.push((chance.u64(1..2 * HOUR), retry));
    }
    if chance.u8(0..4) == 0 {
        scenario.script.push((chance.u64(1..HOUR), Act::Cancel(0)));
    }
    scenario
}

#[test]
fn nobody_is_left_behind_or_deleted_unkicked_where_a_meeting_is_emptied_in_portions() {
    let mut kicks = 0;
    for seed in 0..300 {
        let mut world = World::new(crowded(seed)).unwrap();
        let ended = world.run_to_end().and_then(|()| check::everything(&world));
        assert!(ended.is_ok(), "seed {seed}: {ended:?}");
        let left = world.network.left.borrow();
        let of_all = left
            .iter()
            .filter(|departure| matches!(departure.asked, Asked::KickAll(_)));
        kicks += of_all.count();
    }
    println!("{kicks} kicks of everyone in 300 meetings");
    assert!(kicks > 1_500, "{kicks} kicks of everyone");
}

/// Two kicks led to no delete, so the third delete goes ahead without: those waiting for the next kick are deleted as
/// well.
#[test]
fn nobody_waits_for_a_kick_that_does_not_come() {
    let mut scenario = scene(100);
    let meeting = live_meeting(&mut scenario, 2);
    let id = meeting_id(&scenario, meeting);
    let mut world = World::new(scenario).unwrap();
    let store = SimulatedStore(Rc::clone(&world.disk));
    migrate(&store).unwrap();
    for (statement, values) in [
        (
            "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, started_at, wake_at)
             VALUES ('01M325KBJANMNJVYTPS316QDZ0', 'running', 'api', 1, 0, 1, 1, 1, ?1)",
            values![START].to_vec(),
        ),
        (
            "INSERT INTO targets (removal, position, meeting) VALUES (1, 0, ?1)",
            values![id.as_str()].to_vec(),
        ),
        (
            "INSERT INTO works (removal, meeting, rank, lists, everyone, stage, kicked_in_vain, kicked_anew_at)
             VALUES (1, ?1, 1, 1, 1, 'deleting', 2, ?2)",
            values![id.as_str(), START - 1].to_vec(),
        ),
        (
            "INSERT INTO items (removal, work, meeting, participant, state, due_at, found_at)
             VALUES (1, 1, ?2, 'p1', 'pending', ?1, 1), (1, 1, ?2, 'p2', 'waiting', NULL, 1)",
            values![START, id.as_str()].to_vec(),
        ),
    ] {
        store.run(statement, &values).unwrap();
    }
    world.disk.set_alarm(Some(START));
    world.disk.commit();
    while world.network.api.borrow().population.present() > 0 {
        assert!(world.advance().unwrap() && world.clock.now() < START + HOUR);
    }
}
