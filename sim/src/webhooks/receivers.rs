//! The webhook receivers, and the record of what was sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::task::JoinSet;

use super::delivery::{Attempt, Delivery, Sender, check_url};
use super::key::WebhookKey;
use crate::sim::SharedSim;
use crate::world::{Event, new_id};

/// A registered webhook URL.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Receiver {
    /// Sent as `rtk-webhook-id`.
    pub(crate) id: String,
    pub(crate) url: String,
    /// The events it subscribes to; empty means all.
    pub(crate) events: Vec<String>,
}

/// The state of all webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    sender: Sender,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last one is the current key.
    keys: Vec<Arc<WebhookKey>>,
    receivers: Vec<Receiver>,
    attempts: Vec<Attempt>,
    noted: u64,
    under_way: JoinSet<()>,
}

impl Webhooks {
    /// Registers the initial receivers; an unusable URL is an error.
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

    /// Unregisters the receivers with this URL or id, or all of them; returns how many.
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

    /// Returns the current key, or the one with this number, counting from 0.
    pub(crate) fn key(&self, number: Option<usize>) -> Option<Arc<WebhookKey>> {
        let state = self.state();
        let key = match number {
            Some(number) => state.keys.get(number),
            None => state.keys.last(),
        };
        key.cloned()
    }

    /// Makes `key` the signing key; returns its number.
    pub(crate) fn rotate(&self, key: WebhookKey) -> usize {
        let mut state = self.state();
        state.keys.push(Arc::new(key));
        state.keys.len() - 1
    }

    /// Starts delivering an event to all receivers subscribed to it.
    pub(crate) fn announce(&self, sim: &SharedSim, event: &Event) {
        let body = Bytes::from(event.body.to_string());
        self.post(sim, event.name, &body);
    }

    /// Starts delivering a body to all receivers subscribed to `event`; returns how many.
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

    /// Returns the attempts so far, and the number of deliveries still in progress.
    pub(crate) fn attempts(&self) -> (Vec<Attempt>, usize) {
        let mut state = self.state();
        while state.under_way.try_join_next().is_some() {}
        (state.attempts.clone(), state.under_way.len())
    }

    pub(crate) fn clear_attempts(&self) {
        self.state().attempts.clear();
    }

    /// Aborts deliveries in progress and clears the rest, but keeps the current key.
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
            // The URLs were checked at start.
            let _ = self.register(url, Vec::new());
        }
    }
}
