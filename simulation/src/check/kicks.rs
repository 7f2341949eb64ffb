//! Whoever may be live is kicked before the delete, by a removal that kicks; and once more when the delete has waited for
//! long since, by a refused token or by the limit, since they may be back.

use crate::asked::{Asked, Departure};
use crate::world::{Ordered, Violation, World};

/// How long after the answer to its kick a delete may leave, in milliseconds.
const FRESH_MS: u64 = 15_000;
/// The same where everyone was kicked.
const FRESH_OF_ALL_MS: u64 = 240_000;
/// When a request is given up that is not answered, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;
/// How often a kick is tried before the delete follows all the same.
const TRIES: usize = 3;
/// How often in a row a kick, or the look whether anybody is live, is refused before the delete shows whether the token is good.
const REFUSED: usize = 2;

/// Nobody was live still when their delete left, unless a removal that does not kick wanted it, or the kick was tried
/// often enough.
pub(super) fn hold(world: &World) -> Result<(), Violation> {
    let left = world.network.left.borrow();
    for (number, departure) in left.iter().enumerate().filter(|(_, left)| left.live) {
        let Asked::Delete(meeting, id) = &departure.asked else {
            continue;
        };
        let wanting = wanting(world, number, departure);
        if wanting.iter().any(|ordered| is_gentle(ordered)) {
            continue;
        }
        let before = left.get(..number).unwrap_or_default();
        // Whoever was kicked may come back before the delete, but not while a refused token has kept it waiting, nor long after.
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

fn is_gentle(ordered: &Ordered) -> bool {
    !ordered.order.kick
}

/// The removals that the request is about.
fn wanting<'a>(world: &'a World, number: usize, departure: &Departure) -> Vec<&'a Ordered> {
    let api = world.network.api.borrow();
    let ordered = world.ordered.values();
    let wants =
        |ordered: &&Ordered| super::wanted::wants(&api.population, ordered, number, departure);
    ordered.filter(wants).collect()
}

/// When the removal learned last, by that time, that the token was refused for the delete of one of its people in the
/// meeting, each refused for the first time.
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

/// Whether a delete that leaves at `at` follows soon upon a kick, or a look whether anybody is live; or upon so many kicks
/// that there is no time for it behind any of them.
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

/// Whether somebody was tried to be kicked often enough: three times, or as often as it is refused, or with success where
/// that is enough.
fn is_enough(before: &[&Departure], meeting: &str, id: &str, success_is: bool) -> bool {
    let kicks = before.iter().filter(|left| left.asked.kicks(meeting, id));
    let tried = kicks.filter(|kick| !was_refused(kick)).count();
    let latest = before.iter().rev().filter(|left| {
        left.asked.kicks(meeting, id) || left.asked == Asked::Session(meeting.to_owned())
    });
    let refused_last = latest.take_while(|one| was_refused(one)).count();
    tried >= if success_is { 1 } else { TRIES } || refused_last >= REFUSED
}

/// Whether the ledger heard that the token was refused for it. One whose answer was lost is a try like any other.
fn was_refused(request: &Departure) -> bool {
    matches!(request.answered, Some((_, 401 | 403)))
}
