//! The invariants that must hold at the end of a run, whatever went wrong in it.

mod kicks;
mod pace;
mod synchronous;
mod wanted;

use std::collections::{BTreeMap, HashSet};

use participant_remover::ledger::{ItemState, ItemView, RemovalState, RemovalView};
use participant_remover::removal::{Outcome, Target};

use crate::asked::Asked;
use crate::world::{Ordered, Violation, World};
use wanted::matches;

/// Checks everything. Returns the number of removals and of outcomes.
pub fn everything(world: &World) -> Result<(u64, u64), Violation> {
    pace::holds(world)?;
    wanted::holds(world)?;
    kicks::hold(world)?;
    synchronous::hold(world)?;
    let mut named = BTreeMap::new();
    let mut removals = Vec::new();
    for (number, ordered) in &world.ordered {
        let (view, items) = read(world, ordered)?;
        for item in &items {
            *named.entry(item.participant.clone()).or_insert(0_u32) += 1;
        }
        removals.push((*number, ordered, view, items));
    }
    for (number, ordered, view, items) in &removals {
        let checked = one(world, ordered, view, items, &named);
        checked.map_err(|violation| format!("removal {number}: {violation}"))?;
    }
    let outcomes = removals.iter().flat_map(|(_, _, _, items)| items);
    let outcomes = outcomes.filter(|item| item.outcome.is_some()).count();
    Ok((removals.len() as u64, outcomes as u64))
}

fn read(world: &World, ordered: &Ordered) -> Result<(RemovalView, Vec<ItemView>), Violation> {
    let ledger = world.ledger.as_ref().ok_or("the ledger is down")?;
    let id = ordered.id.as_ref().ok_or("an order was never answered")?;
    let now = world.clock.now();
    let view = ledger.show(id, now).map_err(|error| error.to_string())?;
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = ledger
            .items(id, after, 50)
            .map_err(|error| error.to_string())?;
        let page = page.ok_or("an accepted removal is lost")?;
        items.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok((view.ok_or("an accepted removal is lost")?, items))
}

fn one(
    world: &World,
    ordered: &Ordered,
    view: &RemovalView,
    items: &[ItemView],
    named: &BTreeMap<String, u32>,
) -> Result<(), Violation> {
    if !view.state.is_final() {
        return Err(format!("it is {:?} at the end", view.state));
    }
    let mut seen = HashSet::new();
    for item in items {
        if !seen.insert((&item.meeting, &item.participant)) {
            return Err(format!("{} stands in it twice", item.participant));
        }
        let alone = named.get(&item.participant) == Some(&1);
        let doubtful = [Outcome::Unknown, Outcome::AbsentAfterAmbiguous].map(Some);
        if view.dry_run && doubtful.contains(&item.outcome) {
            return Err(format!("{} is in doubt in a dry run", item.participant));
        }
        outcome_is_true(world, item, alone)?;
        outcome_is_there(view, item)?;
    }
    counters(view, items)?;
    if view.state == RemovalState::Succeeded && !view.dry_run {
        completeness(world, ordered)?;
    }
    Ok(())
}

fn outcome_is_there(view: &RemovalView, item: &ItemView) -> Result<(), Violation> {
    let fits = match item.state {
        ItemState::Waiting | ItemState::Pending => false,
        ItemState::Done => item.outcome.is_some_and(Outcome::is_gone),
        ItemState::Failed => item.outcome.is_some_and(|outcome| !outcome.is_gone()),
        ItemState::Found => view.dry_run && item.outcome.is_none(),
        ItemState::Cancelled => view.state == RemovalState::Cancelled,
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "{} is {:?} in a removal that is {:?}: {item:?}",
            item.participant, item.state, view.state
        ))
    }
}

fn outcome_is_true(world: &World, item: &ItemView, alone: bool) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    let participant = api.population.known(&item.meeting, &item.participant);
    let gone = participant.map(|participant| participant.gone);
    let by_us = gone.flatten().is_some_and(|gone| gone.by_us);
    let absent = gone.is_none_or(|gone| gone.is_some());
    let mut idle = api.idle_deletes.iter();
    // The API claimed to have deleted them.
    let told = idle.any(|(meeting, id)| *meeting == item.meeting && *id == item.participant);
    let holds = match item.outcome {
        Some(Outcome::Removed) => by_us || told,
        Some(Outcome::AlreadyAbsent) => absent && !(alone && by_us),
        Some(Outcome::AbsentAfterAmbiguous) => absent && doubt(world, item),
        Some(Outcome::Failed) | None => !(alone && by_us),
        Some(Outcome::Unknown) => doubt(world, item),
    };
    if holds {
        Ok(())
    } else {
        let name = item.outcome.map_or("nothing", Outcome::as_str);
        Err(format!(
            "{name} of {} is not true: {participant:?} is {item:?}",
            item.participant
        ))
    }
}

/// Returns whether one of their deletes may have worked, as far as the ledger knows: its response was lost, or
/// inconclusive.
fn doubt(world: &World, item: &ItemView) -> bool {
    let delete = Asked::Delete(item.meeting.clone(), item.participant.clone());
    let told_nothing = |status: u16| matches!(status, 200 | 408 | 500..);
    let left = world.network.left.borrow();
    // Other removals may have sent the same delete before and since.
    let time = item.found_at..=item.finished_at.unwrap_or(u64::MAX);
    let mut attempts = left
        .iter()
        .filter(|left| left.asked == delete && time.contains(&left.at));
    // A request recorded as sent may not have left, and a response may not have been recorded.
    let tells = |answer: Option<(u64, u16)>| {
        answer.is_some_and(|(at, status)| !told_nothing(status) && !world.broke_at(at))
    };
    attempts.clone().count() < usize::try_from(item.attempts).unwrap_or(usize::MAX)
        || attempts.any(|left| !tells(left.answered))
}

fn counters(view: &RemovalView, items: &[ItemView]) -> Result<(), Violation> {
    let count = |outcome| {
        items
            .iter()
            .filter(|item| item.outcome == Some(outcome))
            .count() as u64
    };
    let shown = view.progress;
    let counted = (
        items.len() as u64,
        count(Outcome::Removed),
        count(Outcome::AlreadyAbsent),
        count(Outcome::AbsentAfterAmbiguous),
        count(Outcome::Failed) + count(Outcome::Unknown),
    );
    let progress = (
        shown.found,
        shown.removed,
        shown.already_absent,
        shown.absent_after_ambiguous,
        shown.failed,
    );
    if counted == progress {
        Ok(())
    } else {
        Err(format!(
            "its counters are {shown:?}, its items say {counted:?}"
        ))
    }
}

/// Checks that a successful removal left none of those who were there when it was accepted.
fn completeness(world: &World, ordered: &Ordered) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    let accepted_at = ordered.accepted_at.unwrap_or(ordered.asked_at);
    let targets = &ordered.order.targets;
    for meeting in &api.population.meetings {
        // For a meeting that was named: everybody added before its list was last read from the start.
        let named = |target: &Target| named_meeting(target) == Some(meeting.id.as_str());
        let alone = world.ordered.len() == 1 && targets.iter().any(named);
        let read = api
            .first_pages
            .get(&meeting.id)
            .and_then(|times| times.last());
        let until = read
            .filter(|_| alone)
            .map_or(accepted_at, |read| (*read).max(accepted_at));
        // If the list is read, a delete that did nothing shows up there.
        let reads = |target: &Target| wanted::reads(target, &meeting.id);
        let reads = targets.iter().any(reads);
        let idle = |id: &str| api.idle_deletes.iter().any(|(_, idle)| idle == id);
        for participant in meeting.present().filter(|p| p.added_at < until) {
            let matches = |target: &Target| matches(target, &meeting.id, participant);
            let wanted = targets.iter().any(matches);
            if wanted && (reads || !idle(&participant.id)) {
                return Err(format!(
                    "it succeeded, and {} is there in {}: {participant:?}",
                    participant.id, meeting.id
                ));
            }
        }
    }
    Ok(())
}

fn named_meeting(target: &Target) -> Option<&str> {
    match target {
        Target::UserInMeeting { meeting, .. } | Target::EveryoneInMeeting { meeting } => {
            Some(meeting.as_str())
        }
        Target::Participant { .. } | Target::UserEverywhere { .. } => None,
    }
}
