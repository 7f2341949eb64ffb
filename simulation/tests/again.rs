//! Cancellation and retry.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod scene;

use participant_remover::ids::{CustomParticipantId, ParticipantId};
use participant_remover::ledger::{Change, RemovalState};
use participant_remover::removal::{Outcome, Target};
use scene::{
    all_of, everyone_in, meeting_id, meetings_with, participant_in, removal, scene, start, until,
    user_everywhere, user_in, works,
};
use simulation::clock::START;
use simulation::scenario::order;
use simulation::script::Act;
use simulation::world::World;

/// A delete whose response was lost may have worked: cancelling does not hide that.
#[test]
fn whoever_a_lost_delete_was_about_stays_unknown_when_the_removal_is_cancelled() {
    let mut scenario = scene(100);
    let meeting = scenario.population.add_meeting(false);
    for _ in 0..3 {
        scenario.population.add(meeting, "u", START);
    }
    let order = everyone_in(&scenario, meeting);
    let mut world = start(scenario, order);
    let lost = "/participants/p1".to_owned();
    world.network.api.borrow_mut().breaks = Some(lost);
    until(&mut world, |world| removal(world).progress.removed == 2);
    until(&mut world, |world| removal(world).last_error.is_some());
    let id = removal(&world).id;
    {
        let ledger = world.ledger.as_ref().unwrap();
        let done = ledger
            .cancel(&id, Some("support-desk"), world.clock.now())
            .unwrap();
        assert_eq!(done, Some(Change::Done));
    }
    let view = removal(&world);
    let items = world.ledger.as_ref().unwrap().items(&id, None, 10);
    let outcomes: Vec<_> = items.unwrap().unwrap().rows;
    let unknown = outcomes
        .iter()
        .filter(|item| item.outcome == Some(Outcome::Unknown));
    assert_eq!(unknown.count(), 1, "{outcomes:?}");
    assert_eq!((view.progress.removed, view.progress.failed), (2, 1));
}

/// Those who could not be deleted are kicked once more before the retry: they may have come back in the meantime.
#[test]
fn another_try_begins_with_the_kick() {
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 30_000;
    let meeting = scenario.population.add_meeting(true);
    scenario.population.add(meeting, "wanted", START);
    let mut world = start(scenario, user_everywhere("wanted"));
    world.network.api.borrow_mut().breaks = Some("/participants/p".to_owned());
    until(&mut world, |world| removal(world).state.is_final());
    assert_eq!(removal(&world).state, RemovalState::Failed);
    {
        let mut api = world.network.api.borrow_mut();
        api.breaks = None;
        api.population.meetings[meeting].participants[0].live = true;
    }
    world.run_to_end().unwrap();
    assert_eq!(removal(&world).state, RemovalState::Succeeded);
    let api = world.network.api.borrow();
    let wanted = &api.population.meetings[meeting].participants[0];
    assert!(wanted.gone.is_some() && !wanted.live);
}

/// A dry run could neither read the list nor look up somebody named: its retry reads the list.
#[test]
fn another_try_of_a_dry_run_reads_the_list_too() {
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 30_000;
    let meeting = scenario.population.add_meeting(false);
    for user in ["named", "wanted"] {
        scenario.population.add(meeting, user, START);
    }
    let id = meeting_id(&scenario, meeting);
    let wanted = Target::UserInMeeting {
        meeting: id.clone(),
        user: CustomParticipantId::parse("wanted").unwrap(),
    };
    let named = Target::Participant {
        meeting: id,
        participant: ParticipantId::parse("p1").unwrap(),
    };
    let orders = [wanted, named].map(|target| order(target, false, true, None).unwrap());
    let mut world = start(scenario, all_of(orders));
    world.network.api.borrow_mut().breaks = Some("/participants".to_owned());
    until(&mut world, |world| removal(world).state.is_final());
    assert_eq!(removal(&world).state, RemovalState::Failed);
    world.network.api.borrow_mut().breaks = None;
    world.run_to_end().unwrap();
    let view = removal(&world);
    assert_eq!(
        (view.state, view.progress.found),
        (RemovalState::Succeeded, 2)
    );
    assert_eq!(world.network.api.borrow().population.present(), 2);
}

/// Nobody retries a cancelled removal: its rows of work are deleted, those in flight once they are answered.
#[test]
fn a_cancelled_removal_keeps_no_rows_of_work() {
    let mut scenario = scene(100);
    meetings_with(&mut scenario, true, 30, "wanted");
    let mut world = start(scenario, user_everywhere("wanted"));
    until(&mut world, |world| removal(world).progress.removed >= 5);
    let id = removal(&world).id;
    {
        let ledger = world.ledger.as_ref().unwrap();
        let done = ledger
            .cancel(&id, Some("support-desk"), world.clock.now())
            .unwrap();
        assert_eq!(done, Some(Change::Done));
        assert_eq!(ledger.purge(world.clock.now()).unwrap(), 0);
        assert!((1..7).contains(&works(&world)));
    }
    world.run_to_end().unwrap();
    assert_eq!(works(&world), 0);
}

/// Failed removals are retried while the token is refused. The one request that tests the token reads the page for all
/// of them, and ends those whose turn has not yet come.
#[test]
fn a_removal_that_the_page_of_another_has_ended_ends() {
    const OUTAGE: u64 = 300_000;
    let mut scenario = scene(100);
    scenario.settings.give_up_after_ms = 30_000;
    scenario.faults.token_outages = vec![(OUTAGE, OUTAGE + 60_000)];
    let meeting = scenario.population.add_meeting(false);
    scenario.population.add(meeting, "other", START);
    for number in 0..3 {
        let order = user_in(&scenario, meeting, &format!("wanted-{number}"));
        scenario.script.push((0, Act::Order { number, order }));
    }
    let order = participant_in(&scenario, meeting, "p1");
    scenario
        .script
        .push((OUTAGE, Act::Order { number: 3, order }));
    let mut world = World::new(scenario).unwrap();
    world.network.api.borrow_mut().breaks = Some("/participants?".to_owned());
    while world.clock.now() < START + OUTAGE + 59_000 {
        assert!(world.advance().unwrap());
    }
    world.network.api.borrow_mut().breaks = None;
    let now = world.clock.now();
    let ids: Vec<_> = (0..3)
        .map(|number| world.ordered[&number].id.clone().unwrap())
        .collect();
    for id in &ids {
        let ledger = world.ledger.as_ref().unwrap();
        assert_eq!(ledger.retry(id, None, now).unwrap(), Some(Change::Done));
    }
    while world.clock.now() < START + 2 * OUTAGE && world.advance().unwrap() {}
    for id in &ids {
        let ledger = world.ledger.as_ref().unwrap();
        let view = ledger.show(id, world.clock.now()).unwrap().unwrap();
        assert_eq!(view.state, RemovalState::Succeeded);
    }
}
