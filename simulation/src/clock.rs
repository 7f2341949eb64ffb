//! Simulated time: it advances only when everything is waiting, directly to the next event.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use participant_remover::realtimekit::Clock;

/// The clock shared by everything in a run.
#[derive(Clone)]
pub struct SimulatedClock {
    shared: Rc<Shared>,
}

struct Shared {
    now: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next: Cell<u64>,
    chance: RefCell<fastrand::Rng>,
}

/// The start time of every run, in milliseconds since the Unix epoch.
pub const START: u64 = 1_790_000_000_000;

impl SimulatedClock {
    /// Creates a clock at [`START`], with its own source of randomness.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            shared: Rc::new(Shared {
                now: Cell::new(START),
                timers: RefCell::default(),
                next: Cell::new(0),
                chance: RefCell::new(fastrand::Rng::with_seed(seed)),
            }),
        }
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.shared.now.get()
    }

    /// Returns when the first timer goes off.
    #[must_use]
    pub fn next_timer(&self) -> Option<u64> {
        let timers = self.shared.timers.borrow();
        timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Advances the time and wakes everyone whose timer is due.
    pub fn advance(&self, to: u64) {
        self.shared.now.set(to.max(self.now()));
        loop {
            let waker = {
                let mut timers = self.shared.timers.borrow_mut();
                match timers.first_entry() {
                    Some(entry) if entry.key().0 <= to => entry.remove(),
                    _ => return,
                }
            };
            waker.wake();
        }
    }

    /// Drops all timers: the process that set them is gone.
    pub fn clear(&self) {
        self.shared.timers.borrow_mut().clear();
    }

    /// Waits for a number of milliseconds.
    #[must_use]
    pub fn wait(&self, milliseconds: u64) -> Wait {
        let at = self.now().saturating_add(milliseconds);
        let number = self.shared.next.get();
        self.shared.next.set(number + 1);
        Wait {
            shared: Rc::clone(&self.shared),
            key: (at, number),
        }
    }
}

/// A future that completes at a point in time.
pub struct Wait {
    shared: Rc<Shared>,
    key: (u64, u64),
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.shared.now.get() >= self.key.0 {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        self.shared.timers.borrow_mut().insert(self.key, waker);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.shared.timers.borrow_mut().remove(&self.key);
    }
}

impl Clock for SimulatedClock {
    fn now_ms(&self) -> u64 {
        self.now()
    }

    async fn sleep(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.wait(milliseconds).await;
    }

    fn random(&self) -> f64 {
        self.shared.chance.borrow_mut().f64()
    }
}
