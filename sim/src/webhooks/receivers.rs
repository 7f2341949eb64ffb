//! Who receives webhooks, and the record of what was sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::task::JoinSet;

use super::delivery::{Attempt, Delivery, Sender, check_url};
use super::key::WebhookKey;
use crate::sim::SharedSim;
use crate::world::{Event, new_id};

/// A registered URL.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Receiver {
    /// Sent as `rtk-webhook-id`.
    pub(crate) id: String,
    pub(crate) url: String,
    /// The events wanted; all when empty.
    pub(crate) events: Vec<String>,
}

/// Everything about webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    sender: Sender,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The one in force is the last.
    keys: Vec<Arc<WebhookKey>>,
    receivers: Vec<Receiver>,
    attempts: Vec<Attempt>,
    noted: u64,
    under_way: JoinSet<()>,
}

impl Webhooks {
    /// Receivers whose URL cannot be used are an error.
    pub(crate) fn new(key: WebhookKey, urls: &[String]) -> Result<Self, String> {
        let state = State {
            keys: vec![Arc::new(key)],
            receivers: Vec::new(),
            attempts: Vec::new(),
            noted: 0,
            under_way: JoinSet::new(),
        };
        let webhooks = Self {
            sender: Sender::default(),
            state: Mutex::new(state),
        };
        for url in urls {
            webhooks.register(url, Vec::new())?;
        }
        Ok(webhooks)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn register(&self, url: &str, events: Vec<String>) -> Result<Receiver, String> {
        check_url(url)?;
        let receiver = Receiver {
            id: new_id(),
            url: url.to_owned(),
            events,
        };
        self.state().receivers.push(receiver.clone());
        Ok(receiver)
    }

    /// Unregisters the receivers that match, by URL or id, or all; says how many there were.
    pub(crate) fn unregister(&self, url_or_id: Option<&str>) -> usize {
        let mut state = self.state();
        let before = state.receivers.len();
        state.receivers.retain(|receiver| {
            url_or_id.is_some_and(|wanted| receiver.url != wanted && receiver.id != wanted)
        });
        before - state.receivers.len()
    }

    pub(crate) fn receivers(&self) -> Vec<Receiver> {
        self.state().receivers.clone()
    }

    /// The key in force, or an older one: 0 is the first.
    pub(crate) fn key(&self, number: Option<usize>) -> Option<Arc<WebhookKey>> {
        let state = self.state();
        let key = match number {
            Some(number) => state.keys.get(number),
            None => state.keys.last(),
        };
        key.cloned()
    }

    /// From now on `key` signs; gives its number.
    pub(crate) fn rotate(&self, key: WebhookKey) -> usize {
        let mut state = self.state();
        state.keys.push(Arc::new(key));
        state.keys.len() - 1
    }

    /// Begins the delivery of an event to all who want it.
    pub(crate) fn announce(&self, sim: &SharedSim, event: &Event) {
        let body = Bytes::from(event.body.to_string());
        self.post(sim, event.name, &body);
    }

    /// Begins the delivery of a body to all who want `event`; says to how many.
    pub(crate) fn post(&self, sim: &SharedSim, event: &str, body: &Bytes) -> usize {
        let mut state = self.state();
        let Some(key) = state.keys.last().cloned() else {
            return 0;
        };
        while state.under_way.try_join_next().is_some() {}
        let wants = |receiver: &&Receiver| {
            receiver.events.is_empty() || receiver.events.iter().any(|e| e == event)
        };
        let receivers: Vec<_> = state.receivers.iter().filter(wants).cloned().collect();
        let count = receivers.len();
        for receiver in receivers {
            let delivery = Delivery {
                receiver,
                event: event.to_owned(),
                body: body.clone(),
                key: key.clone(),
            };
            state
                .under_way
                .spawn(self.sender.clone().deliver(sim.clone(), delivery));
        }
        count
    }

    pub(super) fn note(&self, attempt: Attempt) {
        let mut state = self.state();
        state.noted += 1;
        let n = state.noted;
        state.attempts.push(Attempt { n, ..attempt });
    }

    /// The attempts so far, and how many deliveries are still under way.
    pub(crate) fn attempts(&self) -> (Vec<Attempt>, usize) {
        let mut state = self.state();
        while state.under_way.try_join_next().is_some() {}
        (state.attempts.clone(), state.under_way.len())
    }

    pub(crate) fn clear_attempts(&self) {
        self.state().attempts.clear();
    }

    /// Ends what is under way and forgets the rest, but keeps the key in force.
    pub(crate) fn reset(&self, urls: &[String]) {
        let mut state = self.state();
        state.under_way.abort_all();
        state.under_way = JoinSet::new();
        state.attempts.clear();
        state.noted = 0;
        let in_force = state.keys.pop();
        state.keys = in_force.into_iter().collect();
        state.receivers.clear();
        drop(state);
        for url in urls {
            // Checked when the stand-in started.
            let _ = self.register(url, Vec::new());
        }
    }
}
