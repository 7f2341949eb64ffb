//! Data that is no longer needed is deleted in portions, so that no turn takes long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use std::rc::Rc;

use participant_remover::ledger::{RemovalState, Store};
use participant_remover::values;
use scene::{meetings_with, scene, user_everywhere, works};
use simulation::check;
use simulation::clock::START;
use simulation::script::Act;
use simulation::store::SimulatedStore;
use simulation::world::World;

/// The number of rows per portion in these tests.
const PORTION: u64 = 250;
/// How many rows are deleted at once when a removal ends.
const AT_ONCE: u64 = 1;

/// Creates a world with a hundred meetings, from all of which `users` users are to be removed, each with a separate
/// removal.
fn everywhere(users: usize) -> World {
    let mut scenario = scene(100);
    scenario.settings.sweep_rows = PORTION;
    meetings_with(&mut scenario, false, 100, "somebody");
    for number in 0..users {
        let order = user_everywhere(&format!("user-{number}"));
        scenario.script.push((0, Act::Order { number, order }));
    }
    // Keeps the run going until the last act.
    for at in [1, 3_600_000] {
        let user = "later".to_owned();
        scenario.script.push((at, Act::Add { meeting: 0, user }));
    }
    World::new(scenario).unwrap()
}

/// Returns how many removals have succeeded.
fn ended(world: &World) -> usize {
    let states = world.states().unwrap();
    let succeeded = |(_, state): &&(usize, RemovalState)| *state == RemovalState::Succeeded;
    states.iter().filter(succeeded).count()
}

/// They end with the same page, and each has a row for every meeting.
#[test]
fn removals_that_end_together_leave_their_rows_to_the_alarms() {
    let mut world = everywhere(30);
    let (mut before, mut most, mut all) = (0, 0, 0);
    let mut ended_at = None;
    while ended_at.is_none() || before > 0 {
        assert!(world.advance().unwrap());
        let rows = works(&world);
        most = most.max(before - rows.min(before));
        all = all.max(rows);
        before = rows;
        if world.ordered.len() == 30 && ended(&world) == 30 {
            let since = world.clock.now() - *ended_at.get_or_insert(world.clock.now());
            assert!(since < 2_000, "{rows} rows are left after {since} ms");
        }
    }
    println!("{most} of {all} rows went in one turn");
    assert_eq!(all, 30 * 101);
    assert!(
        most <= PORTION + 30 * AT_ONCE,
        "{most} rows went in one turn"
    );
    check::everything(&world).unwrap();
}

/// Inserts expired removals with `participants` participants each, and their keys, targets and rows of work; keys of
/// messages that led to no removal, and long-ended connections.
fn expired(world: &World, removals: u64, participants: u64) {
    let store = SimulatedStore(Rc::clone(&world.disk));
    let fill = |statement: &str, count: u64| {
        let numbers =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
        let statement = format!("{numbers} {statement}");
        store.run(&statement, &values![count]).unwrap();
    };
    fill(
        "INSERT INTO removals (id, state, source, kick, dry_run, targets, accepted_at, finished_at)
         SELECT 'old-' || i, 'failed', 'api', 0, 0, 1, 1, 1 FROM n",
        removals,
    );
    for table in [
        "keys (scope, key, digest, removal, created_at) SELECT 'a', id, '', id, 1 FROM removals, n",
        "targets (removal, position, meeting) SELECT seq, i, 'm' FROM removals, n",
        "works (removal, meeting, rank, lists, stage) SELECT seq, 'm' || i, 2, 1, 'failed' FROM removals, n",
        "pages (work, pass, page, ids) SELECT id, 1, 1, '[]' FROM works, n",
        "items (removal, work, meeting, participant, state, found_at) SELECT seq, i, 'm', 'p' || i, 'failed', 1 FROM removals, n",
        "keys (scope, key, digest, removal, created_at) SELECT 'a', i, '', '', 1 FROM n",
        "connections (source, meeting, user, peer, noted_at) SELECT 's', 'm', '', i, 1 FROM n",
    ] {
        let wanted = "WHERE finished_at = 1 AND id LIKE 'old-%'";
        let of_removals = table.contains("FROM removals");
        let wanted = if of_removals { wanted } else { "WHERE 1" };
        fill(
            &format!("INSERT OR IGNORE INTO {table} {wanted}"),
            participants,
        );
    }
    world.disk.commit();
}

/// Returns the total number of rows.
fn rows(world: &World) -> u64 {
    let store = SimulatedStore(Rc::clone(&world.disk));
    let tables = [
        "removals",
        "keys",
        "targets",
        "works",
        "pages",
        "items",
        "connections",
        "leftovers",
    ];
    let counts = tables.map(|table| {
        let rows = store
            .run(&format!("SELECT count(*) FROM {table}"), &[])
            .unwrap();
        rows[0].integer(0).unwrap()
    });
    counts.into_iter().sum()
}

#[test]
fn what_is_kept_no_longer_goes_in_portions() {
    for (removals, participants) in [(1, 1_000), (400, 2)] {
        let mut world = everywhere(0);
        while world.ledger.is_none() {
            assert!(world.advance().unwrap());
        }
        expired(&world, removals, participants);
        world.disk.set_alarm(Some(world.clock.now()));
        let (mut before, mut most) = (rows(&world), 0);
        assert!(before > 2_500);
        while before > 0 {
            assert!(world.advance().unwrap());
            let rows = rows(&world);
            most = most.max(before - rows.min(before));
            before = rows;
            assert!(world.clock.now() < START + 10_000, "{rows} rows are left");
        }
        println!("{most} rows went in one turn");
        // The last removal itself, and its key, are deleted together with its rows.
        assert!(most <= PORTION + 2, "{most} rows went in one turn");
    }
}
