//! What a removal of several users reports on each, and what is known of one user.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod scene;

use std::collections::BTreeMap;

use participant_remover::ids::CustomParticipantId;
use participant_remover::ledger::{Filter, RemovalState};
use participant_remover::removal::Target;
use scene::{
    all_of, everyone_in, live_meeting, participant_in, removal, scene, start, user_everywhere,
};
use simulation::script::Act;
use simulation::world::World;

#[test]
fn each_participant_names_the_target_that_it_was_found_for() {
    let mut scenario = scene(100);
    let meetings = [(); 3].map(|()| live_meeting(&mut scenario, 4));
    let named = scenario.population.meetings[meetings[2]].participants[3]
        .id
        .clone();
    let order = all_of([
        user_everywhere("user-0"),
        user_everywhere("nobody"),
        user_everywhere("user-1"),
        everyone_in(&scenario, meetings[0]),
        participant_in(&scenario, meetings[2], &named),
    ]);
    let mut world = start(scenario, order);
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(view.state, RemovalState::Succeeded);
    let ledger = world.ledger.as_ref().unwrap();
    let items = ledger.items(&view.id, None, 100).unwrap().unwrap();
    let mut found: BTreeMap<Option<u64>, u32> = BTreeMap::new();
    for item in &items.rows {
        *found.entry(item.target).or_default() += 1;
        let user = [(0, "user-0"), (2, "user-1")]
            .into_iter()
            .find(|(position, _)| item.target == Some(*position));
        assert_eq!(item.user.as_deref(), user.map(|(_, user)| user));
    }
    // In the meeting that is emptied, two are users who are removed from everywhere.
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [(Some(0), 3), (Some(2), 3), (Some(3), 2), (Some(4), 1)]
    );
}

#[test]
fn the_removals_of_a_user_are_found() {
    let mut scenario = scene(100);
    live_meeting(&mut scenario, 3);
    for (number, users) in [&["user-0"][..], &["user-1", "user-0"], &["user-1"]]
        .into_iter()
        .enumerate()
    {
        let order = all_of(users.iter().map(|user| user_everywhere(user)));
        scenario
            .script
            .push((number as u64, Act::Order { number, order }));
    }
    let mut world = World::new(scenario).unwrap();
    world.run_to_end().unwrap();
    let ledger = world.ledger.as_ref().unwrap();
    let list = |user: &str, state, after| {
        let user = CustomParticipantId::parse(user).unwrap();
        let filter = Filter {
            state,
            user: Some(&user),
            source: None,
        };
        let page = ledger.list(filter, after, 1, world.clock.now()).unwrap();
        for view in &page.rows {
            // For a removal of several users, the one that was asked for.
            let target = Target::UserEverywhere { user: user.clone() };
            assert_eq!(view.target, Some(target));
        }
        let ids = page.rows.into_iter().map(|view| view.id);
        (ids.collect::<Vec<_>>(), page.next)
    };
    let id = |number: usize| vec![world.ordered[&number].id.clone().unwrap()];
    let (newest, next) = list("user-0", None, None);
    assert_eq!(newest, id(1));
    assert_eq!(list("user-0", None, next), (id(0), None));
    assert_eq!(list("user-1", Some(RemovalState::Succeeded), None).0, id(2));
    assert_eq!(list("user-1", Some(RemovalState::Failed), None).0, []);
    assert_eq!(list("nobody", None, None).0, []);
}
