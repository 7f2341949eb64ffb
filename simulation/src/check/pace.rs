//! The rate at which requests arrived and were sent.

use crate::world::{Violation, World};

const FIVE_MINUTES: u64 = 300_000;

/// Checks that the pace was kept.
pub(super) fn holds(world: &World) -> Result<(), Violation> {
    durable_part(world)?;
    leaves_room(world)?;
    if world.network.api.borrow().totals.own_429 > 0 {
        return Err("the API's limit was exceeded".to_owned());
    }
    if let Some(against) = &world.network.heard.borrow().against {
        return Err(against.clone());
    }
    match world.network.most_open.get() {
        0..=6 => Ok(()),
        open => Err(format!("{open} requests at a time")),
    }
}

/// Checks that in no five minutes more durable requests arrived than durable work's share.
fn durable_part(world: &World) -> Result<(), Violation> {
    let total = world.settings.requests_per_5_minutes;
    let durable = usize::try_from(world.settings.durable_part(total)).unwrap_or(usize::MAX);
    let api = world.network.api.borrow();
    let arrivals = &api.arrivals;
    let mut first = 0;
    for (last, at) in arrivals.iter().enumerate() {
        let is_old = |first: &u64| first + FIVE_MINUTES <= *at;
        while arrivals.get(first).is_some_and(is_old) {
            first += 1;
        }
        let here = last + 1 - first;
        if here > durable {
            return Err(format!(
                "{here} requests in five minutes, {durable} are allowed"
            ));
        }
    }
    Ok(())
}

/// Checks that no durable request was sent beyond the total for five minutes, counting the durable requests that have
/// arrived or are still to arrive, and the recorded synchronous ones.
fn leaves_room(world: &World) -> Result<(), Violation> {
    let total = u64::from(world.settings.requests_per_5_minutes);
    let left = world.network.left.borrow();
    for (number, departure) in left.iter().enumerate() {
        let counts = |at: u64| at + FIVE_MINUTES > departure.at;
        let synchronous = world.synchronous.iter();
        let synchronous = synchronous.filter(|sync| sync.left <= number && counts(sync.at));
        let synchronous: u64 = synchronous.map(|sync| sync.requests).sum();
        if synchronous == 0 {
            continue;
        }
        // No request is in transit for longer than a minute.
        let earlier = left.iter().take(number).rev();
        let earlier = earlier.take_while(|left| counts(left.at + 60_000));
        let arrived = earlier.filter(|left| left.arrived.is_some_and(counts));
        let durable = u64::try_from(arrived.count()).unwrap_or(u64::MAX) + 1;
        if durable + synchronous > total {
            return Err(format!(
                "{durable} durable and {synchronous} synchronous requests in five minutes, {total} are allowed"
            ));
        }
    }
    Ok(())
}
