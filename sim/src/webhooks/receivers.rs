//! Who receives webhooks, and the record of what was sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::task::JoinSet;

use super::delivery::{Attempt, Courier, Parcel, check_url};
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
    courier: Courier,
    desk: Mutex<Desk>,
}

#[derive(Debug)]
struct Desk {
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
        let desk = Desk {
            keys: vec![Arc::new(key)],
            receivers: Vec::new(),
            attempts: Vec::new(),
            noted: 0,
            under_way: JoinSet::new(),
        };
        let webhooks = Self {
            courier: Courier::default(),
            desk: Mutex::new(desk),
        };
        for url in urls {
            webhooks.register(url, Vec::new())?;
        }
        Ok(webhooks)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn register(&self, url: &str, events: Vec<String>) -> Result<Receiver, String> {
        check_url(url)?;
        let receiver = Receiver {
            id: new_id(),
            url: url.to_owned(),
            events,
        };
        self.desk().receivers.push(receiver.clone());
        Ok(receiver)
    }

    /// Unregisters the receivers that match, by URL or id, or all; says how many there were.
    pub(crate) fn unregister(&self, url_or_id: Option<&str>) -> usize {
        let mut desk = self.desk();
        let before = desk.receivers.len();
        desk.receivers.retain(|receiver| {
            url_or_id.is_some_and(|wanted| receiver.url != wanted && receiver.id != wanted)
        });
        before - desk.receivers.len()
    }

    pub(crate) fn receivers(&self) -> Vec<Receiver> {
        self.desk().receivers.clone()
    }

    /// The key in force, or an older one: 0 is the first.
    pub(crate) fn key(&self, number: Option<usize>) -> Option<Arc<WebhookKey>> {
        let desk = self.desk();
        let key = match number {
            Some(number) => desk.keys.get(number),
            None => desk.keys.last(),
        };
        key.cloned()
    }

    /// From now on `key` signs; gives its number.
    pub(crate) fn rotate(&self, key: WebhookKey) -> usize {
        let mut desk = self.desk();
        desk.keys.push(Arc::new(key));
        desk.keys.len() - 1
    }

    /// Begins the delivery of an event to all who want it.
    pub(crate) fn announce(&self, sim: &SharedSim, event: &Event) {
        let body = Bytes::from(event.body.to_string());
        self.post(sim, event.name, &body);
    }

    /// Begins the delivery of a body to all who want `event`; says to how many.
    pub(crate) fn post(&self, sim: &SharedSim, event: &str, body: &Bytes) -> usize {
        let mut desk = self.desk();
        let Some(key) = desk.keys.last().cloned() else {
            return 0;
        };
        while desk.under_way.try_join_next().is_some() {}
        let wants = |receiver: &&Receiver| {
            receiver.events.is_empty() || receiver.events.iter().any(|e| e == event)
        };
        let receivers: Vec<_> = desk.receivers.iter().filter(wants).cloned().collect();
        let count = receivers.len();
        for receiver in receivers {
            let parcel = Parcel {
                receiver,
                event: event.to_owned(),
                body: body.clone(),
                key: key.clone(),
            };
            desk.under_way
                .spawn(self.courier.clone().deliver(sim.clone(), parcel));
        }
        count
    }

    pub(super) fn note(&self, attempt: Attempt) {
        let mut desk = self.desk();
        desk.noted += 1;
        let n = desk.noted;
        desk.attempts.push(Attempt { n, ..attempt });
    }

    /// The attempts so far, and how many deliveries are still under way.
    pub(crate) fn attempts(&self) -> (Vec<Attempt>, usize) {
        let mut desk = self.desk();
        while desk.under_way.try_join_next().is_some() {}
        (desk.attempts.clone(), desk.under_way.len())
    }

    pub(crate) fn clear_attempts(&self) {
        self.desk().attempts.clear();
    }

    /// Ends what is under way and forgets the rest, but keeps the key in force.
    pub(crate) fn reset(&self, urls: &[String]) {
        let mut desk = self.desk();
        desk.under_way.abort_all();
        desk.under_way = JoinSet::new();
        desk.attempts.clear();
        desk.noted = 0;
        let in_force = desk.keys.pop();
        desk.keys = in_force.into_iter().collect();
        desk.receivers.clear();
        drop(desk);
        for url in urls {
            // Checked when the stand-in started.
            let _ = self.register(url, Vec::new());
        }
    }
}
