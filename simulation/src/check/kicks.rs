//! Anyone who may be live is kicked before the delete, by a removal that kicks; and once more if the delete has since
//! been held up for long, by a refused token or by the limit, since they may be back.

use crate::asked::{Asked, Departure};
use crate::world::{Ordered, Violation, World};

/// How long after the response to its kick a delete may be sent, in milliseconds.
const FRESH_MS: u64 = 15_000;
/// The same, after a kick of everyone.
const FRESH_OF_ALL_MS: u64 = 240_000;
/// The request timeout, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;
/// How many times a kick is tried before the delete goes ahead regardless.
const TRIES: usize = 3;
/// How many times in a row a kick, or the check for a live session, is refused before a delete tests the token.
const REFUSED: usize = 2;

/// Checks that nobody was still live when their delete was sent, unless a removal that does not kick wanted it, or the
/// kick was tried often enough.
pub(super) fn hold(world: &World) -> Result<(), Violation> {
    let left = world.network.left.borrow();
    for (number, departure) in left.iter().enumerate().filter(|(_, left)| left.live) {
        let Asked::Delete(meeting, id) = &departure.asked else {
            continue;
        };
        let wanting = wanting(world, number, departure);
        if wanting.iter().any(|ordered| skips_kick(ordered)) {
            continue;
        }
        let before = left.get(..number).unwrap_or_default();
        // A kicked participant may come back before the delete, but not while it is held up by a refused token, nor
        // long after.
        let (since, why) = match (departure.is_back, wanting.as_slice()) {
            (false, _) => (added_at(world, meeting, id), "was live"),
            (true, [alone]) => match refused_before(world, before, meeting, alone, departure.at) {
                Some(refused) => (refused, "was back since a delete was refused"),
                None if is_soon(before, meeting, id, departure.at) => continue,
                None => (departure.at, "was back since their kick"),
            },
            (true, _) => continue,
        };
        let before = before.iter().filter(|left| left.at >= since);
        let before: Vec<&Departure> = before.collect();
        if !is_enough(&before, meeting, id, departure.is_back) {
            let kicks = before.iter().filter(|left| left.asked.kicks(meeting, id));
            let kicks: Vec<_> = kicks
                .map(|kick| (kick.at, &kick.asked, was_refused(kick)))
                .collect();
            return Err(format!(
                "{id} {why} when the delete left; kicks before it (when, what, whether refused): {kicks:?}; it left at {} in {meeting}",
                departure.at,
            ));
        }
    }
    Ok(())
}

fn added_at(world: &World, meeting: &str, id: &str) -> u64 {
    let api = world.network.api.borrow();
    api.population.known(meeting, id).map_or(0, |p| p.added_at)
}

fn skips_kick(ordered: &Ordered) -> bool {
    !ordered.order.kick
}

/// Returns the removals that the request is for.
fn wanting<'a>(world: &'a World, number: usize, departure: &Departure) -> Vec<&'a Ordered> {
    let api = world.network.api.borrow();
    let ordered = world.ordered.values();
    let wants =
        |ordered: &&Ordered| super::wanted::wants(&api.population, ordered, number, departure);
    ordered.filter(wants).collect()
}

/// Returns when the removal last learned, up to `by`, that the token was refused for deleting one of its people in the
/// meeting. Only the first refusal per person counts.
fn refused_before(
    world: &World,
    before: &[Departure],
    meeting: &str,
    removal: &Ordered,
    by: u64,
) -> Option<u64> {
    let refusals = before.iter().enumerate().filter_map(|(number, delete)| {
        let Asked::Delete(m, _) = &delete.asked else {
            return None;
        };
        let (heard, 401) = delete.answered? else {
            return None;
        };
        let earlier = before.get(..number)?.iter();
        let first = earlier
            .filter(|other| other.asked == delete.asked)
            .all(|other| !was_refused(other));
        let recorded = first && m == meeting && !world.broke_at(heard);
        let alone = matches!(wanting(world, number, delete).as_slice(), [one] if std::ptr::eq(*one, removal));
        (recorded && alone && heard <= by).then_some(heard)
    });
    refusals.max()
}

/// Returns whether a delete sent at `at` soon follows a kick, or a check for a live session; or so many kicks that none
/// of them left time for it.
fn is_soon(before: &[Departure], meeting: &str, id: &str, at: u64) -> bool {
    let heard = |left: &Departure| {
        left.answered
            .map_or(left.at + TIMEOUT_MS, |(heard, _)| heard)
    };
    let kicks = before.iter().filter(|left| {
        left.asked.kicks(meeting, id) || left.asked == Asked::Session(meeting.to_owned())
    });
    let kicks: Vec<&Departure> = kicks.collect();
    let fresh = |kick: &Departure| match kick.asked {
        Asked::KickAll(_) => FRESH_OF_ALL_MS,
        _ => FRESH_MS,
    };
    kicks.len() > TRIES || kicks.iter().any(|kick| heard(kick) + fresh(kick) >= at)
}

/// Returns whether there were enough attempts to kick somebody: three that were not refused (one where `success_is`
/// enough), or two refusals in a row at the end.
fn is_enough(before: &[&Departure], meeting: &str, id: &str, success_is: bool) -> bool {
    let kicks = before.iter().filter(|left| left.asked.kicks(meeting, id));
    let tried = kicks.filter(|kick| !was_refused(kick)).count();
    let latest = before.iter().rev().filter(|left| {
        left.asked.kicks(meeting, id) || left.asked == Asked::Session(meeting.to_owned())
    });
    let refused_last = latest.take_while(|one| was_refused(one)).count();
    tried >= if success_is { 1 } else { TRIES } || refused_last >= REFUSED
}

/// Returns whether the ledger heard that the token was refused for it. A request whose response was lost counts as a
/// normal attempt.
fn was_refused(request: &Departure) -> bool {
    matches!(request.answered, Some((_, 401 | 403)))
}
