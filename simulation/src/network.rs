//! The way to the API and back: it takes time, and requests and responses get lost. A request that was sent arrives
//! whether or not its sender's process is still alive.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use fastrand::Rng;
use participant_remover::realtimekit::{ApiRequest, RawAnswer, Transport, TransportError};

use crate::api::Api;
use crate::asked::{Asked, Departure};
use crate::clock::SimulatedClock;
use crate::heard::Heard;
use crate::store::Disk;

type Answer = Result<RawAnswer, TransportError>;

/// Where the response to a request is delivered.
#[derive(Default)]
struct Slot {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

enum Event {
    /// The arrival of the request with this number.
    Arrival(usize, ApiRequest, Rc<RefCell<Slot>>),
    Answer(Answer, Rc<RefCell<Slot>>),
}

/// The network of a run.
pub struct Network {
    /// The API at the other end.
    pub api: RefCell<Api>,
    clock: SimulatedClock,
    disk: Rc<Disk>,
    events: RefCell<BTreeMap<(u64, u64), Event>>,
    number: Cell<u64>,
    chance: RefCell<Rng>,
    open: Cell<usize>,
    /// The maximum number of requests open at the same time.
    pub most_open: Cell<usize>,
    /// The requests sent, in order.
    pub left: RefCell<Vec<Departure>>,
    /// What the ledger has learned about the limit.
    pub heard: RefCell<Heard>,
}

impl Network {
    /// Creates a network to `api`.
    #[must_use]
    pub fn new(api: Api, clock: SimulatedClock, disk: Rc<Disk>, chance: Rng) -> Self {
        Self {
            api: RefCell::new(api),
            clock,
            disk,
            events: RefCell::default(),
            number: Cell::new(0),
            chance: RefCell::new(chance),
            open: Cell::new(0),
            most_open: Cell::new(0),
            left: RefCell::default(),
            heard: RefCell::default(),
        }
    }

    /// Returns how many requests are unanswered, from their sender's point of view.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.get()
    }

    /// Returns when the next request or response arrives.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.events
            .borrow()
            .first_key_value()
            .map(|((at, _), _)| *at)
    }

    /// Delivers everything that arrives up to now.
    pub fn deliver(&self) {
        let now = self.clock.now();
        loop {
            let event = {
                let mut events = self.events.borrow_mut();
                match events.first_entry() {
                    Some(entry) if entry.key().0 <= now => entry.remove(),
                    _ => return,
                }
            };
            match event {
                Event::Arrival(number, request, slot) => {
                    if let Some(departure) = self.left.borrow_mut().get_mut(number) {
                        departure.arrived = Some(now);
                    }
                    self.arrive(&request, slot, now);
                }
                Event::Answer(answer, slot) => {
                    let mut slot = slot.borrow_mut();
                    slot.answer = Some(answer);
                    if let Some(waker) = slot.waker.take() {
                        waker.wake();
                    }
                }
            }
        }
    }

    fn arrive(&self, request: &ApiRequest, slot: Rc<RefCell<Slot>>, now: u64) {
        let mut api = self.api.borrow_mut();
        let answer = api.handle(request, now);
        let chance = api.faults.lost_after;
        if api.strikes(chance, now) {
            api.totals.lost_answers += 1;
            self.lose(&mut api, slot, now);
        } else {
            let latency = api.faults.latency;
            self.schedule(self.way(latency), Event::Answer(Ok(answer), slot));
        }
    }

    /// Loses a request or response: the sender waits in vain, or sees the connection break.
    fn lose(&self, api: &mut Api, slot: Rc<RefCell<Slot>>, now: u64) {
        let latency = api.faults.latency;
        let chance = api.faults.broken;
        if api.happens(chance, now) {
            let broken = Err(TransportError::Broken);
            self.schedule(self.way(latency), Event::Answer(broken, slot));
        }
    }

    /// Draws the latency of one way.
    fn way(&self, latency: u64) -> u64 {
        self.chance.borrow_mut().u64(latency / 2..=latency.max(1))
    }

    fn schedule(&self, delay: u64, event: Event) {
        let number = self.number.get();
        self.number.set(number + 1);
        self.events
            .borrow_mut()
            .insert((self.clock.now() + delay, number), event);
    }

    /// Sends a request. Returns its number, and the slot for its response.
    fn leave(&self, request: &ApiRequest) -> (usize, Rc<RefCell<Slot>>) {
        let slot = Rc::new(RefCell::new(Slot::default()));
        let now = self.clock.now();
        let mut api = self.api.borrow_mut();
        api.totals.requests += 1;
        let asked = Asked::of(request);
        let deleted = match &asked {
            Asked::Delete(meeting, id) => api.population.participant(meeting, id),
            _ => None,
        };
        let (live, never_kicked) = deleted.map_or((false, false), |p| (p.is_live(now), p.live));
        let number = self.left.borrow().len();
        self.left.borrow_mut().push(Departure {
            at: now,
            arrived: None,
            answered: None,
            shows_app: false,
            asked,
            live,
            is_back: live && !never_kicked,
        });
        self.heard.borrow_mut().leaves(now);
        let chance = api.faults.lost_before;
        if api.strikes(chance, now) {
            api.totals.lost_requests += 1;
            self.lose(&mut api, Rc::clone(&slot), now);
        } else {
            let latency = api.faults.latency;
            self.schedule(
                self.way(latency),
                Event::Arrival(number, request.clone(), Rc::clone(&slot)),
            );
        }
        (number, slot)
    }
}

/// Counts a request as open until dropped.
struct Open<'a>(&'a Network);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}

impl Transport for Network {
    async fn send(&self, request: &ApiRequest, timeout: Duration) -> Answer {
        if self.disk.is_dead() {
            return std::future::pending().await;
        }
        // Nothing is sent before all writes are durable.
        self.disk.commit();
        self.open.set(self.open.get() + 1);
        self.most_open
            .set(self.most_open.get().max(self.open.get()));
        let _open = Open(self);
        let (number, slot) = self.leave(request);
        let mut timer = pin!(
            self.clock
                .wait(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX))
        );
        poll_fn(|context| {
            let mut slot = slot.borrow_mut();
            if let Some(answer) = slot.answer.take() {
                if let Ok(answer) = &answer {
                    let now = self.clock.now();
                    if let Some(departure) = self.left.borrow_mut().get_mut(number) {
                        departure.answered = Some((now, answer.status));
                        let body = answer.body.as_deref().unwrap_or_default();
                        departure.shows_app = answer.status == 200 && body.starts_with('{');
                        let deletes = matches!(departure.asked, Asked::Delete(..));
                        self.heard.borrow_mut().answer(answer, deletes, now);
                    }
                }
                return Poll::Ready(answer);
            }
            slot.waker = Some(context.waker().clone());
            timer
                .as_mut()
                .poll(context)
                .map(|()| Err(TransportError::TimedOut))
        })
        .await
    }
}
