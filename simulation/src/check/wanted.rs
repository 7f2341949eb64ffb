//! Nothing leaves that no removal is about: none that asks for it was accepted and is not cancelled, or its time has not
//! come; nobody is kicked by a removal that does not kick, and nobody is touched by a dry run.

use participant_remover::removal::{RemovalOrder, Target};

use crate::asked::{Asked, Departure};
use crate::population::{Participant, Population};
use crate::world::{Ordered, Violation, World};

/// Every request that left was about what a removal had ordered by then.
pub(super) fn holds(world: &World) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    for (number, departure) in world.network.left.borrow().iter().enumerate() {
        let mut ordered = world.ordered.values();
        // Where nobody is there, it is asked first whether there is the app.
        let looks_for_app = departure.asked == Asked::Meetings && !world.app_is_known(departure.at);
        if !looks_for_app
            && !ordered.any(|ordered| wants(&api.population, ordered, number, departure))
        {
            return Err(format!(
                "{:?} left at {}, and no removal was about that",
                departure.asked, departure.at
            ));
        }
    }
    Ok(())
}

/// Whether a removal is about the request that left as the one of that number.
pub(super) fn wants(
    population: &Population,
    ordered: &Ordered,
    number: usize,
    departure: &Departure,
) -> bool {
    let stands = ordered.asked_after <= number
        && ordered
            .cancelled_after
            .is_none_or(|cancelled| number < cancelled);
    let mut orders = ordered.orders.iter();
    stands
        && orders.clone().all(|order| has_come(order, departure.at))
        && match &departure.asked {
            Asked::Meetings => orders.any(is_everywhere),
            Asked::Participants(meeting) => orders.any(|order| reads(order, meeting)),
            Asked::Look(meeting, id) => {
                orders.any(|order| order.dry_run && is_about(population, order, meeting, id))
            }
            Asked::Delete(meeting, id) => {
                orders.any(|order| !order.dry_run && is_about(population, order, meeting, id))
            }
            Asked::Session(meeting) => orders.any(|order| kicks(order) && visits(order, meeting)),
            Asked::KickAll(meeting) => orders.any(|order| kicks(order) && empties(order, meeting)),
            Asked::Kick(meeting, ids) => ids.iter().all(|id| {
                let mut orders = ordered.orders.iter();
                orders.any(|order| kicks(order) && is_about(population, order, meeting, id))
            }),
            Asked::Nothing => false,
        }
}

fn has_come(order: &RemovalOrder, now: u64) -> bool {
    order.not_before_ms.is_none_or(|start| start <= now)
}

fn kicks(order: &RemovalOrder) -> bool {
    order.kick && !order.dry_run
}

fn is_everywhere(order: &RemovalOrder) -> bool {
    matches!(order.target, Target::UserEverywhere { .. })
}

/// Whether an order needs a meeting's list.
pub(super) fn reads(order: &RemovalOrder, meeting: &str) -> bool {
    let names_one = matches!(order.target, Target::Participant { .. });
    !names_one && visits(order, meeting)
}

/// Whether an order may be about somebody in a meeting.
fn visits(order: &RemovalOrder, meeting: &str) -> bool {
    match &order.target {
        Target::Participant { meeting: m, .. }
        | Target::UserInMeeting { meeting: m, .. }
        | Target::EveryoneInMeeting { meeting: m } => m.as_str() == meeting,
        Target::UserEverywhere { .. } => true,
    }
}

fn empties(order: &RemovalOrder, meeting: &str) -> bool {
    matches!(order.target, Target::EveryoneInMeeting { .. }) && visits(order, meeting)
}

/// Whether an order is about that participant, who may be nobody that the API ever knew.
fn is_about(population: &Population, order: &RemovalOrder, meeting: &str, id: &str) -> bool {
    let named = match &order.target {
        Target::Participant {
            meeting: m,
            participant,
        } => m.as_str() == meeting && participant.as_str() == id,
        _ => false,
    };
    let known = population.known(meeting, id);
    named || known.is_some_and(|participant| matches(order, meeting, participant))
}

/// Whether an order is about a participant of a meeting.
pub(super) fn matches(order: &RemovalOrder, meeting: &str, participant: &Participant) -> bool {
    match &order.target {
        Target::Participant {
            meeting: m,
            participant: p,
        } => m.as_str() == meeting && p.as_str() == participant.id,
        Target::UserInMeeting { meeting: m, user } => {
            m.as_str() == meeting && user.as_str() == participant.user
        }
        Target::EveryoneInMeeting { meeting: m } => m.as_str() == meeting,
        Target::UserEverywhere { user } => user.as_str() == participant.user,
    }
}
