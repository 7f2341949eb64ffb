//! How fast requests arrived and left.

use crate::world::{Violation, World};

const FIVE_MINUTES: u64 = 300_000;

/// No five minutes hold more requests than allowed, as they arrived, nor more of durable work than its part.
pub(super) fn holds(world: &World) -> Result<(), Violation> {
    let api = world.network.api.borrow();
    let total = world.settings.requests_per_5_minutes;
    let durable = usize::try_from(world.settings.durable_part(total)).unwrap_or(usize::MAX);
    let arrivals = &api.arrivals;
    let mut first = 0;
    for (last, at) in arrivals.iter().enumerate() {
        while arrivals
            .get(first)
            .is_some_and(|first| first + FIVE_MINUTES <= *at)
        {
            first += 1;
        }
        let here = last + 1 - first;
        if here > durable {
            return Err(format!(
                "{here} requests in five minutes, {durable} are allowed"
            ));
        }
    }
    if api.totals.own_429 > 0 {
        return Err("the API's limit was exceeded".to_owned());
    }
    if world.network.forbidden.get() > 0 {
        return Err("a request left while a 429 forbade it".to_owned());
    }
    if world.network.most_open.get() > 6 {
        return Err(format!(
            "{} requests at a time",
            world.network.most_open.get()
        ));
    }
    Ok(())
}
