//! Whoever may be live is kicked before the delete, by a removal that kicks.

use crate::asked::{Asked, Departure};
use crate::clock::START;
use crate::world::{Ordered, Violation, World};

/// How often a kick is tried before the delete follows all the same.
const TRIES: usize = 3;
/// How often in a row a kick, or the look whether anybody is live, is refused before the delete shows whether the token is good.
const REFUSED: usize = 2;

/// Nobody was live still when their delete left, unless a removal that does not kick wanted it, or the kick was tried
/// often enough.
pub(super) fn hold(world: &World) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    let left = world.network.left.borrow();
    for (number, departure) in left.iter().enumerate().filter(|(_, left)| left.live) {
        let Asked::Delete(meeting, id) = &departure.asked else {
            continue;
        };
        let gentle = |ordered: &Ordered| ordered.orders.iter().all(|order| !order.kick);
        let mut wanting = world
            .ordered
            .values()
            .filter(|ordered| super::wanted::wants(&api.population, ordered, number, departure));
        if wanting.any(gentle) {
            continue;
        }
        let before = left.get(..number).unwrap_or_default();
        if !is_enough(world, before, meeting, id) {
            let kicks = before.iter().filter(|left| left.asked.kicks(meeting, id));
            let kicks: Vec<_> = kicks
                .map(|kick| (kick.at, &kick.asked, was_refused(world, kick)))
                .collect();
            return Err(format!(
                "{id} was live in {meeting} when the delete left at {}, after the kicks (when, what, whether refused) {kicks:?}",
                departure.at,
            ));
        }
    }
    Ok(())
}

/// Whether somebody was tried to be kicked often enough.
fn is_enough(world: &World, before: &[Departure], meeting: &str, id: &str) -> bool {
    let refused = |one: &Departure| was_refused(world, one);
    let kicks = before.iter().filter(|left| left.asked.kicks(meeting, id));
    let tried = kicks.filter(|kick| !refused(kick)).count();
    let latest = before.iter().rev().filter(|left| {
        left.asked.kicks(meeting, id) || left.asked == Asked::Session(meeting.to_owned())
    });
    let refused_last = latest.take_while(|one| refused(one)).count();
    tried >= TRIES || refused_last >= REFUSED
}

/// Whether a request may have met with a refused token.
fn was_refused(world: &World, kick: &Departure) -> bool {
    let outage = world.network.api.borrow().faults.token_outage;
    let arrived = kick.arrived.unwrap_or(0);
    outage.is_some_and(|(from, to)| (START + from..START + to).contains(&arrived))
}
