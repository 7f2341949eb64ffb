//! Every request sent is for a removal that was requested, is not cancelled, and whose time has come. Nobody is kicked
//! by a removal that does not kick, and a dry run touches nobody.

use participant_remover::removal::Target;

use crate::asked::{Asked, Departure};
use crate::population::{Participant, Population};
use crate::world::{Ordered, Violation, World};

/// Checks that every request sent was for something a removal had asked for by then.
pub(super) fn holds(world: &World) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    for (number, departure) in world.network.left.borrow().iter().enumerate() {
        let mut ordered = world.ordered.values();
        // Before a 404 is believed, the ledger first checks that the app exists.
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

/// Returns whether a removal is about the request with this number.
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
    let order = &ordered.order;
    let kicks = order.kick && !order.dry_run;
    let any = |fits: &dyn Fn(&Target) -> bool| order.targets.iter().any(fits);
    let about = |meeting: &str, id: &str| any(&|target| is_about(population, target, meeting, id));
    stands
        && order
            .not_before_ms
            .is_none_or(|start| start <= departure.at)
        && match &departure.asked {
            Asked::Meetings => any(&is_everywhere),
            Asked::Participants(meeting) => any(&|target| reads(target, meeting)),
            Asked::Look(meeting, id) => order.dry_run && about(meeting, id),
            Asked::Delete(meeting, id) => !order.dry_run && about(meeting, id),
            Asked::Session(meeting) => kicks && any(&|target| visits(target, meeting)),
            Asked::KickAll(meeting) => kicks && any(&|target| empties(target, meeting)),
            Asked::Kick(meeting, ids) => kicks && ids.iter().all(|id| about(meeting, id)),
            Asked::Nothing => false,
        }
}

fn is_everywhere(target: &Target) -> bool {
    matches!(target, Target::UserEverywhere { .. })
}

/// Returns whether a target requires reading a meeting's list.
pub(super) fn reads(target: &Target, meeting: &str) -> bool {
    let names_one = matches!(target, Target::Participant { .. });
    !names_one && visits(target, meeting)
}

/// Returns whether a target may match somebody in a meeting.
fn visits(target: &Target, meeting: &str) -> bool {
    match target {
        Target::Participant { meeting: m, .. }
        | Target::UserInMeeting { meeting: m, .. }
        | Target::EveryoneInMeeting { meeting: m } => m.as_str() == meeting,
        Target::UserEverywhere { .. } => true,
    }
}

fn empties(target: &Target, meeting: &str) -> bool {
    matches!(target, Target::EveryoneInMeeting { .. }) && visits(target, meeting)
}

/// Returns whether a target matches this participant, who may never have been known to the API.
fn is_about(population: &Population, target: &Target, meeting: &str, id: &str) -> bool {
    let named = match target {
        Target::Participant {
            meeting: m,
            participant,
        } => m.as_str() == meeting && participant.as_str() == id,
        _ => false,
    };
    let known = population.known(meeting, id);
    named || known.is_some_and(|participant| matches(target, meeting, participant))
}

/// Returns whether a target matches a participant of a meeting.
pub(super) fn matches(target: &Target, meeting: &str, participant: &Participant) -> bool {
    match target {
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
