//! History costs nothing at run time: neither finished removals and their keys nor scheduled removals are read in
//! proportion to their number.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::rc::Rc;

use participant_remover::ids::{CustomParticipantId, MeetingId};
use participant_remover::ledger::{Connection, Filter, RemovalState, Store};
use participant_remover::values;
use scene::{everyone_in, removal, scene, start};
use simulation::clock::START;
use simulation::store::SimulatedStore;
use simulation::world::World;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// Inserts finished removals of the last 30 days and scheduled ones of the next, `count` of each, with keys and
/// targets.
fn fill(world: &World, count: u32) {
    let store = SimulatedStore(Rc::clone(&world.disk));
    for (state, accepted, wakes) in [
        ("succeeded", START - 30 * DAY, None),
        ("scheduled", START, Some(START + 20 * DAY)),
    ] {
        store
            .run(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, finished_at, wake_at, not_before)
                 SELECT printf('%d%025d', ?4 IS NULL, i), ?2, 'webhook:realtimekit', 0, 0, 1, ?3, iif(?4 IS NULL, ?3, NULL), ?4, ?4 FROM n",
                &values![count, state, accepted, wakes],
            )
            .unwrap();
    }
    for statement in [
        // Targets are one guest shared by many, and everyone; the scheduled ones are for other meetings.
        "INSERT OR IGNORE INTO targets (removal, position, meeting, user, pending)
         SELECT seq, 0, iif(state = 'scheduled', printf('00000000-0000-4000-8000-%012d', seq), '00000000-0000-4000-8000-00000000ffff'),
            iif(seq % 2, 'guest', NULL), state = 'scheduled' FROM removals",
        "INSERT INTO keys (scope, key, digest, removal, created_at)
         SELECT source, id, id, id, accepted_at FROM removals",
        "INSERT INTO items (removal, meeting, participant, state, outcome, found_at, finished_at)
         SELECT seq, 'm', 'p', 'done', 'removed', accepted_at, accepted_at FROM removals WHERE state = 'succeeded'",
    ] {
        store.run(statement, &[]).unwrap();
    }
    world.disk.commit();
    world.disk.steps.set(0);
}

/// Returns the `SQLite` steps for one removal of forty people, and for the calls made to the ledger meanwhile.
fn steps(kept: u32) -> u64 {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..40 {
        scenario.population.add(meeting, "u", START);
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    while world.ledger.is_none() {
        assert!(world.advance().unwrap());
    }
    if kept > 0 {
        fill(&world, kept);
    }
    while !world.ordered.contains_key(&0) || !removal(&world).state.is_final() {
        assert!(world.advance().unwrap());
    }
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    let (now, ledger) = (world.clock.now(), world.ledger.as_ref().unwrap());
    let elsewhere = MeetingId::parse("00000000-0000-4000-8000-00000000ffff").unwrap();
    let user = CustomParticipantId::parse("guest").unwrap();
    for whom in [Some(&user), None] {
        let none = ledger.cancel_pending("webhook:realtimekit", &elsewhere, whom, None, now);
        assert_eq!(none.unwrap(), []);
    }
    let connection = Connection {
        source: "webhook:realtimekit",
        meeting: &elsewhere,
        user: Some(&user),
        peer: None,
    };
    ledger.joined(connection, now, now).unwrap();
    ledger.left(connection, now + 1, now).unwrap();
    let guests = Filter {
        user: Some(&user),
        ..Filter::default()
    };
    let callers = Filter {
        source: Some("api"),
        ..Filter::default()
    };
    for filter in [Filter::default(), guests, callers] {
        ledger.list(filter, None, 1, now).unwrap();
        ledger.list(filter, Some(10_000), 1, now).unwrap();
    }
    ledger.health(now).unwrap();
    ledger.next_alarm(now).unwrap();
    assert_eq!(ledger.purge(now).unwrap(), 0);
    world.disk.steps.get()
}

#[test]
fn a_removal_costs_the_same_however_many_are_kept() {
    let (alone, beside) = (steps(0), steps(20_000));
    println!("{alone} steps alone, {beside} beside 40,000 others");
    assert!(
        beside < alone * 3 / 2,
        "{alone} steps alone, {beside} beside 40,000 others"
    );
}
