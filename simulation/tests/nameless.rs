//! Participants whose ids contain characters that no request can carry.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ledger::RemovalState;
use participant_remover::removal::RemovalOrder;
use scene::{
    assert_removed, everyone_in, meeting_of, removal, scene, start, until, user_everywhere, user_in,
};
use simulation::check;
use simulation::clock::START;
use simulation::scenario::Scenario;

/// Returns a meeting of `others` people and, last, the wanted user; those in `nameless` seats have such ids.
fn crowd(others: usize, nameless: &[usize]) -> (Scenario, usize) {
    let mut scenario = scene(100);
    let meeting = meeting_of(&mut scenario, true, others);
    scenario.population.add(meeting, "wanted", START);
    for seat in nameless {
        scenario.population.meetings[meeting].participants[*seat].id = format!("a.{seat}");
    }
    (scenario, meeting)
}

/// If the participant is not wanted, such an id is a list row like any other.
#[test]
fn a_strangers_id_is_only_counted() {
    for everywhere in [false, true] {
        let requests = |nameless: &[usize]| {
            let (mut scenario, meeting) = crowd(44, nameless);
            scenario.page_rows = 20;
            let order = if everywhere {
                user_everywhere("wanted")
            } else {
                user_in(&scenario, meeting, "wanted")
            };
            let mut world = start(scenario, order);
            world.run_to_end().unwrap();
            check::everything(&world).unwrap();
            assert_removed(&world);
            assert_eq!(world.network.api.borrow().population.present(), 44);
            removal(&world).progress.requests
        };
        assert_eq!(requests(&[0, 7, 21, 43]), requests(&[]));
    }
}

/// If a target matches them, everyone else is removed and the meeting fails.
#[test]
fn whoever_is_wanted_is_a_failure_after_all_others_are_gone() {
    for everyone in [true, false] {
        let (mut scenario, meeting) = crowd(0, &[0]);
        for _ in 0..2 {
            scenario.population.add(meeting, "wanted", START);
        }
        let order = if everyone {
            everyone_in(&scenario, meeting)
        } else {
            user_in(&scenario, meeting, "wanted")
        };
        let mut world = start(scenario, order);
        until(&mut world, |world| removal(world).state.is_final());
        let view = removal(&world);
        assert_eq!(view.state, RemovalState::PartiallyFailed);
        assert_eq!((view.progress.found, view.progress.removed), (2, 2));
        assert!(view.last_error.unwrap().contains("cannot be deleted"));
        {
            let population = &mut world.network.api.borrow_mut().population;
            assert_eq!(population.present(), 1);
            population.meetings[meeting].participants[0].id = "a-0".to_owned();
        }
        world.run_to_end().unwrap();
        check::everything(&world).unwrap();
        let view = removal(&world);
        assert_eq!(
            (view.state, view.progress.removed),
            (RemovalState::Succeeded, 3)
        );
    }
}

/// A dry run reports it as well.
#[test]
fn a_dry_run_that_finds_one_has_failed() {
    let (scenario, _) = crowd(3, &[3]);
    let order = RemovalOrder {
        dry_run: true,
        ..user_everywhere("wanted")
    };
    let mut world = start(scenario, order);
    until(&mut world, |world| removal(world).state.is_final());
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Failed);
    assert!(view.last_error.unwrap().contains("cannot be deleted"));
}
