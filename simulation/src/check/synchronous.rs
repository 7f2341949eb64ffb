//! Every record of the synchronous route is there exactly once, as it was recorded.

use participant_remover::ledger::{Ledger, RemovalId, RemovalState, SynchronousRemoval};

use crate::store::SimulatedStore;
use crate::world::{Violation, World};

/// Checks that every recorded synchronous removal is there.
pub(super) fn hold(world: &World) -> Result<(), Violation> {
    let ledger = world.ledger.as_ref().ok_or("the ledger is down")?;
    let removals = world.synchronous.iter().flat_map(|sync| &sync.removals);
    for removal in removals {
        one(ledger, removal, world.clock.now())
            .map_err(|violation| format!("synchronous removal {}: {violation}", removal.id))?;
    }
    Ok(())
}

fn one(
    ledger: &Ledger<SimulatedStore>,
    removal: &SynchronousRemoval,
    now: u64,
) -> Result<(), Violation> {
    let id = RemovalId::parse(&removal.id).ok_or("its id is none")?;
    let view = ledger.show(&id, now).map_err(|error| error.to_string())?;
    let view = view.ok_or("it was recorded and is lost")?;
    let state = if removal.outcome.is_gone() {
        RemovalState::Succeeded
    } else {
        RemovalState::Failed
    };
    if (view.state, view.progress.requests) != (state, removal.api_requests.into()) {
        return Err(format!("{removal:?} is shown as {view:?}"));
    }
    let items = ledger
        .items(&id, None, 10)
        .map_err(|error| error.to_string())?;
    let items = items.ok_or("it was recorded and is lost")?.rows;
    match items.as_slice() {
        [item] if item.outcome == Some(removal.outcome) => Ok(()),
        _ => Err(format!("{removal:?} has {items:?}")),
    }
}
