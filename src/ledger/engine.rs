//! The alarm handler: sends what is due, at the allowed pace, and records the results.
//!
//! What is stored is always enough to continue: a row that is marked as sent and has no recorded response when the next
//! alarm begins was interrupted, and is sent again as one whose effect is unknown.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Ledger;
use super::alarm::{Alarm, IDLE_MS, LEASE_MS, LOOK, RENEW_MS, WORK_MS};
use super::steps::Step;
use super::store::{Store, StoreError};
use super::sweeping::PAUSE;
use super::throttle::after;
use super::views::RemovalView;
use crate::realtimekit::{Api, Client, Clock, Transport};

/// The maximum number of requests in flight: a Worker has six connections at a time.
pub const CONCURRENCY: usize = 6;
/// The maximum number of requests per alarm: an invocation has 50 subrequests on the Free plan. The next alarm follows
/// at once.
pub const MAX_REQUESTS_PER_ALARM: usize = 45;
/// How long after a storage failure an alarm tries again, in milliseconds.
pub const AFTER_FAILURE_MS: u64 = 10_000;
/// How long an empty ledger sleeps, in milliseconds: storing anything sets the alarm.
pub(super) const EMPTY_MS: u64 = 24 * 60 * 60 * 1000;

/// What one alarm did, for the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Worked {
    /// Completed requests.
    pub requests: u64,
    /// Finished removals that were purged.
    pub purged: usize,
    /// What went wrong with the storage. The next alarm is set anyway.
    pub error: Option<StoreError>,
}

impl<S: Store> Ledger<S> {
    /// Handles an alarm. Never fails: an alarm that throws is retried a few times and then dropped. `on_end` gets the
    /// removals that have ended, in their current state.
    pub async fn on_alarm<T: Transport, C: Clock>(
        &self,
        api: &Api,
        transport: &T,
        clock: &C,
        alarm: &impl Alarm,
        on_end: &dyn Fn(&[RemovalView]),
    ) -> Worked {
        let started = clock.now_ms();
        let mut worked = Worked::default();
        let at_work_until = self.at_work_until.get();
        if at_work_until > started {
            // 1. Another alarm of this instance is at work, or was cut off without a trace. Nothing was touched; a
            // crash here leaves the alarm that the other one set.
            worked.error = alarm.set(at_work_until).await.err();
            return worked;
        }
        let client = Client { transport, clock };
        // 2. Everything that matters is stored by the steps themselves, each with its own argument below.
        let mut ended = Vec::new();
        let result = self
            .work(api, &client, alarm, on_end, &mut worked, &mut ended)
            .await;
        let now = clock.now_ms();
        self.at_work_until.set(0);
        let at = match result.and_then(|()| self.next_alarm(now)) {
            Ok(next) => next.unwrap_or(now.saturating_add(EMPTY_MS)),
            Err(error) => {
                worked.error = Some(error);
                now.saturating_add(AFTER_FAILURE_MS)
            }
        };
        match self.take_ended(now) {
            Ok(more) => ended.extend(more),
            Err(error) => worked.error = Some(error),
        }
        // 3. All responses are recorded. A crash here leaves the alarm that the work set last, which is merely later.
        if let Err(error) = alarm.set(at).await {
            worked.error = Some(error);
        }
        on_end(&ended);
        worked
    }

    /// Sets the alarm that goes off if this one does not finish.
    async fn renew(&self, now: u64, alarm: &impl Alarm) -> Result<(), StoreError> {
        let until = now.saturating_add(LEASE_MS);
        self.at_work_until.set(until);
        // 4. The alarm is set before anything else is done, and again every few seconds. A crash here leaves either the
        // previous alarm, which is due or which the runtime repeats, or the new one. Requests in flight are marked as
        // sent.
        alarm.set(until).await
    }

    async fn work<T: Transport, C: Clock>(
        &self,
        api: &Api,
        client: &Client<'_, T, C>,
        alarm: &impl Alarm,
        on_end: &dyn Fn(&[RemovalView]),
        worked: &mut Worked,
        ended: &mut Vec<RemovalView>,
    ) -> Result<(), StoreError> {
        let started = client.clock.now_ms();
        self.renew(started, alarm).await?;
        self.recover(started)?;
        self.recall_app(api)?;
        self.sweep_pending.set(true);
        let mut shift = AlarmRun::begin(started);
        let mut in_flight = FuturesUnordered::new();
        loop {
            let now = client.clock.now_ms();
            if shift.is_to_renew(now) {
                self.renew(now, alarm).await?;
            }
            // The clock stands still during a turn, so each turn sweeps at most one portion.
            if self.sweep_pending.get() && shift.is_to_sweep(now) {
                worked.purged += self.purge(now)?;
            }
            let left = shift.left(now);
            let room = left.min(CONCURRENCY - in_flight.len());
            let steps = self.next_steps(now, room)?;
            shift.sent += steps.len();
            let steps = steps.into_iter();
            in_flight.extend(steps.map(|step| self.carry_out(step, api, client)));
            let wait = if left > 0 && in_flight.len() < CONCURRENCY {
                self.wait(now, !in_flight.is_empty())?
            } else {
                None
            };
            if wait.is_none() && in_flight.is_empty() {
                return Ok(());
            }
            let answered = either(&mut in_flight, wait, client.clock).await;
            // Those of the turn before, whose end is most likely durable by now. They were taken at once: a removal that is
            // retried meanwhile would be reported as it is then.
            on_end(&std::mem::take(ended));
            *ended = self.take_ended(now)?;
            if let Some(answered) = answered {
                answered?;
                worked.requests += 1;
            }
        }
    }

    /// Chooses what to do now, up to `room` steps.
    fn next_steps(&self, now: u64, room: usize) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        while steps.len() < room {
            let Some(step) = self.next_step(now)? else {
                break;
            };
            steps.push(step);
        }
        Ok(steps)
    }

    /// Returns how long to wait for what can begin next, or `None` to wait only for responses.
    fn wait(&self, now: u64, in_flight: bool) -> Result<Option<Duration>, StoreError> {
        // A 429 ends this alarm as soon as all responses are in, so that the other apps' ledgers are told of it.
        if !in_flight && self.limited_until(now).is_some() {
            return Ok(None);
        }
        // Something new may be stored while a slow request is in flight.
        Ok(self.time_to_next(now)?.or(in_flight.then_some(LOOK)))
    }

    /// Returns how long to wait for the next thing to fall due, if it is worth waiting for, or for the next portion of
    /// a sweep.
    fn time_to_next(&self, now: u64) -> Result<Option<Duration>, StoreError> {
        let due = self.next_due(now)?;
        let wait = due.map(|due| due.saturating_sub(now).max(1));
        // Something new may be stored meanwhile, so it looks every second.
        let wait = wait.filter(|wait| *wait <= IDLE_MS);
        let wait = wait.map(|wait| Duration::from_millis(wait).min(LOOK));
        let sweep = self.sweep_pending.get().then_some(PAUSE);
        Ok(wait.into_iter().chain(sweep).min())
    }
}

/// The work of one alarm.
struct AlarmRun {
    /// When it stops sending, in milliseconds since the Unix epoch.
    end: u64,
    /// When the alarm that follows it was last set.
    renewed: u64,
    /// When the next portion may be swept.
    sweep_at: u64,
    /// How many requests it has sent.
    sent: usize,
}

impl AlarmRun {
    fn begin(now: u64) -> Self {
        Self {
            end: now.saturating_add(WORK_MS),
            renewed: now,
            sweep_at: now,
            sent: 0,
        }
    }

    /// Returns whether the alarm is due to be set again, and counts it as set.
    fn is_to_renew(&mut self, now: u64) -> bool {
        let due = now >= self.renewed.saturating_add(RENEW_MS);
        if due {
            self.renewed = now;
        }
        due
    }

    /// Returns whether a portion is due to be swept, and counts it as swept.
    fn is_to_sweep(&mut self, now: u64) -> bool {
        let due = now >= self.sweep_at;
        if due {
            self.sweep_at = after(now, PAUSE);
        }
        due
    }

    /// Returns how many more requests may be sent.
    fn left(&self, now: u64) -> usize {
        if now < self.end {
            MAX_REQUESTS_PER_ALARM.saturating_sub(self.sent)
        } else {
            0
        }
    }
}

/// Waits for the next response, or for the next thing to fall due.
async fn either<F: Future>(
    in_flight: &mut FuturesUnordered<F>,
    wait: Option<Duration>,
    clock: &impl Clock,
) -> Option<F::Output> {
    let Some(wait) = wait else {
        // 5. The requests in flight were marked as sent before they left; see `carry_out`. A crash here leaves the
        // effect of each of them unknown.
        return in_flight.next().await;
    };
    let sleep = pin!(clock.sleep(wait));
    if in_flight.is_empty() {
        // 6. Nothing is in flight and everything is recorded: a crash loses and duplicates nothing.
        sleep.await;
        return None;
    }
    // 7. Same as 5.
    match select(in_flight.next(), sleep).await {
        Either::Left((answered, _)) => answered,
        Either::Right(((), _)) => None,
    }
}
