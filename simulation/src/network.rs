//! The way to the API and back: it takes time, and requests and answers get lost on it. What has left arrives, whether
//! or not the process that sent it still lives.

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
use crate::clock::SimulatedClock;
use crate::store::Disk;

type Answer = Result<RawAnswer, TransportError>;

/// Where the answer to one request is left.
#[derive(Default)]
struct Slot {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

enum Event {
    Arrival(ApiRequest, Rc<RefCell<Slot>>),
    Answer(Answer, Rc<RefCell<Slot>>),
}

/// The network of a run.
pub struct Network {
    /// The API at its other end.
    pub api: RefCell<Api>,
    clock: SimulatedClock,
    disk: Rc<Disk>,
    events: RefCell<BTreeMap<(u64, u64), Event>>,
    number: Cell<u64>,
    chance: RefCell<Rng>,
    open: Cell<usize>,
    /// The most requests that were open at a time.
    pub most_open: Cell<usize>,
    /// When each request left.
    pub left: RefCell<Vec<u64>>,
    /// Requests that left while a 429 forbade it.
    pub forbidden: Cell<u64>,
    /// Until when the 429s that were heard in this turn, and before it, forbid requests.
    stop_heard: Cell<u64>,
    stop: Cell<u64>,
}

impl Network {
    /// A network to `api`.
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
            forbidden: Cell::new(0),
            stop_heard: Cell::new(0),
            stop: Cell::new(0),
        }
    }

    /// How many requests have no answer yet, as their sender sees it.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.get()
    }

    /// When the next request or answer arrives.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.events
            .borrow()
            .first_key_value()
            .map(|((at, _), _)| *at)
    }

    /// Lets arrive what arrives up to now.
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
                Event::Arrival(request, slot) => self.arrive(&request, slot, now),
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

    /// A request or an answer is lost: the sender waits for nothing, or sees the connection break.
    fn lose(&self, api: &mut Api, slot: Rc<RefCell<Slot>>, now: u64) {
        let latency = api.faults.latency;
        let chance = api.faults.broken;
        if api.strikes(chance, now) {
            let broken = Err(TransportError::Broken);
            self.schedule(self.way(latency), Event::Answer(broken, slot));
        }
    }

    /// The turn in which answers were heard is durable, or undone.
    pub fn turn_is_durable(&self, durable: bool) {
        let heard = self.stop_heard.take();
        if durable {
            self.stop.set(self.stop.get().max(heard));
        }
    }

    /// Whether a 429 that was heard forbids requests.
    #[must_use]
    pub fn is_stopped(&self, now: u64) -> bool {
        now < self.stop.get()
    }

    /// Notes until when an answer that is heard now forbids requests.
    fn hear(&self, answer: &Answer) {
        if let Ok(answer) = answer
            && answer.status == 429
        {
            let asked = answer
                .retry_after
                .as_deref()
                .and_then(|text| text.parse::<u64>().ok());
            let seconds = asked.map_or(300, |asked| asked.clamp(1, 3_600));
            let until = self.clock.now() + seconds * 1000;
            self.stop_heard.set(self.stop_heard.get().max(until));
        }
    }

    /// How long one way takes.
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

    fn leave(&self, request: &ApiRequest) -> Rc<RefCell<Slot>> {
        let slot = Rc::new(RefCell::new(Slot::default()));
        let now = self.clock.now();
        let mut api = self.api.borrow_mut();
        api.totals.requests += 1;
        self.left.borrow_mut().push(now);
        if self.is_stopped(now) {
            self.forbidden.set(self.forbidden.get() + 1);
        }
        let chance = api.faults.lost_before;
        if api.strikes(chance, now) {
            api.totals.lost_requests += 1;
            self.lose(&mut api, Rc::clone(&slot), now);
        } else {
            let latency = api.faults.latency;
            self.schedule(
                self.way(latency),
                Event::Arrival(request.clone(), Rc::clone(&slot)),
            );
        }
        slot
    }
}

/// Counts a request as open until it is dropped.
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
        // Nothing leaves before what was written is durable.
        self.disk.commit();
        self.open.set(self.open.get() + 1);
        self.most_open
            .set(self.most_open.get().max(self.open.get()));
        let _open = Open(self);
        let slot = self.leave(request);
        let mut timer = pin!(
            self.clock
                .wait(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX))
        );
        poll_fn(|context| {
            let mut slot = slot.borrow_mut();
            if let Some(answer) = slot.answer.take() {
                self.hear(&answer);
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
