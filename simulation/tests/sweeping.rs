//! What nobody needs any more goes in portions, so that no turn takes long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use scene::{scene, user_everywhere, works};
use simulation::check;
use simulation::clock::START;
use simulation::script::Act;
use simulation::world::World;

/// How many rows a portion has here.
const PORTION: u64 = 250;
/// How many rows of a removal that ends go at once.
const AT_ONCE: u64 = 1;

/// A world with a hundred meetings, from all of which as many users are to go, each by a removal of its own.
fn everywhere(users: usize) -> World {
    let mut scenario = scene(100);
    scenario.settings.sweep_rows = PORTION;
    for _ in 0..100 {
        let meeting = scenario.population.add_meeting(false);
        scenario.population.add(meeting, "somebody", START);
    }
    for number in 0..users {
        let orders = vec![user_everywhere(&format!("user-{number}"))];
        scenario.script.push((0, Act::Order { number, orders }));
    }
    // Nothing is over before.
    let (meeting, user) = (0, "later".to_owned());
    scenario
        .script
        .push((3_600_000, Act::Add { meeting, user }));
    World::new(scenario).unwrap()
}

/// How many removals have ended.
fn ended(world: &World) -> usize {
    let states = world.states().unwrap();
    let succeeded = |(_, state): &&(usize, RemovalState)| *state == RemovalState::Succeeded;
    states.iter().filter(succeeded).count()
}

/// They end by the same page, and each has a row for every meeting.
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
