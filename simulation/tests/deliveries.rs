//! What follows from messages about a meeting's end and about joining, in whatever order they arrive.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::rc::Rc;

use participant_remover::config::{self, Config};
use participant_remover::ledger::{Ledger, Settings, Store};
use participant_remover::removal::{Leaving, MessageKey};
use participant_remover::removals::call::{Delivery, PendingCancel};
use participant_remover::removals::delivery::{cancel_pending, deliver};
use participant_remover::removals::served::Served;
use participant_remover::values;
use serde_json::{Value, json};
use simulation::clock::SimulatedClock;
use simulation::store::{Disk, SimulatedStore};

const SOURCE: &str = "webhook:realtimekit";
const MEETING: &str = "00000000-0000-4000-8000-000000000000";
const SECOND: u64 = 1_000;

fn user() -> Value {
    json!({"meeting_id": MEETING, "custom_participant_id": "user"})
}

struct World {
    clock: SimulatedClock,
    disk: Rc<Disk>,
    ledger: Ledger<SimulatedStore>,
    config: Config,
}

impl World {
    fn new() -> Self {
        let clock = SimulatedClock::new(7);
        let disk = Rc::new(Disk::new().unwrap());
        let store = SimulatedStore(Rc::clone(&disk));
        let ledger = Ledger::open(store, Settings::default(), clock.now()).unwrap();
        let config = config::parse(&|name| {
            let value = match name {
                "CLOUDFLARE_API_TOKEN" => "cf-token",
                "CLOUDFLARE_ACCOUNT_ID" => "account",
                "REALTIMEKIT_APP_IDS" => "app",
                "CALLER_TOKENS" => r#"{"desk":"0123456789abcdef0123456789abcdef"}"#,
                _ => return None,
            };
            Some(value.to_owned())
        });
        Self {
            clock,
            disk,
            ledger,
            config: config.unwrap(),
        }
    }

    fn served(&self) -> Served<'_, SimulatedStore, SimulatedClock> {
        Served {
            ledger: &self.ledger,
            config: &self.config,
            app: &self.config.default_app,
            clock: &self.clock,
        }
    }

    /// Returns the time after which added participants are no longer the removal's concern.
    fn event_at(&self, removal: &Value) -> Option<u64> {
        let id = removal["id"].as_str().unwrap();
        let statement = "SELECT event_at FROM removals WHERE id = ?1";
        let rows = SimulatedStore(Rc::clone(&self.disk)).run(statement, &values![id]);
        rows.unwrap()[0].maybe_integer(0).unwrap()
    }

    /// Delivers the message that the meeting ended `ago` seconds ago; returns the result.
    fn ended(&self, ago: u64) -> Value {
        self.ended_at(Some(self.clock.now() - ago * SECOND))
    }

    fn ended_at(&self, at: Option<u64>) -> Value {
        let everyone = json!({"meeting_id": MEETING, "all": true});
        self.delivered(SOURCE, "ended", &everyone, at, Leaving::Meeting)
    }

    /// Delivers a message that a connection of the user's has left; returns the result.
    fn left(&self, key: &str, peer: &str, at: Option<u64>) -> Value {
        let peer = Some(peer.to_owned());
        self.delivered(SOURCE, key, &user(), at, Leaving::Connection { peer })
    }

    fn delivered(
        &self,
        source: &str,
        key: &str,
        target: &Value,
        at: Option<u64>,
        leaving: Leaving,
    ) -> Value {
        let message = MessageKey {
            key: format!("{key}/{at:?}"),
            digest: String::new(),
        };
        let delivery = Delivery {
            source: source.to_owned(),
            body: json!({ "removals": [target] }).to_string(),
            message,
            event_at_ms: at,
            leaving: Some(leaving),
        };
        let answer = deliver(&self.served(), &delivery).unwrap();
        serde_json::from_str::<Value>(&answer.body).unwrap()["result"].take()
    }

    /// Returns the removals that the user's joining, `ago` seconds ago, cancels.
    fn joined(&self, ago: u64) -> Value {
        let everyone = json!({"meeting_id": MEETING, "all": true});
        let body = json!({"removals": [user(), everyone]}).to_string();
        let cancel = PendingCancel {
            source: SOURCE.to_owned(),
            body,
            event_at_ms: Some(self.clock.now() - ago * SECOND),
            peer: Some("peer".to_owned()),
        };
        let answer = cancel_pending(&self.served(), &cancel).unwrap();
        serde_json::from_str::<Value>(&answer.body).unwrap()["result"]["cancelled"].take()
    }
}

#[test]
fn a_meeting_that_somebody_has_joined_since_its_end_is_not_emptied() {
    let world = World::new();
    assert_eq!(world.joined(10), json!([]));
    assert_eq!(
        world.ended(20),
        json!({"status": "ignored", "reason": "somebody has joined the meeting since"})
    );
    assert_eq!(world.ended(5)["state"], "queued");
}

#[test]
fn the_end_of_a_meeting_is_cancelled_by_whoever_joins_after_it_alone() {
    let world = World::new();
    let removal = world.ended(20);
    assert_eq!(world.joined(30), json!([]), "before its end");
    assert_eq!(world.joined(10), json!([removal["id"]]));
}

#[test]
fn the_end_of_a_meeting_that_does_not_tell_its_time_is_cancelled_by_any_join() {
    let world = World::new();
    let removal = world.ended_at(None);
    assert_eq!(world.joined(10), json!([removal["id"]]));
}

#[test]
fn whoever_has_left_by_one_connection_and_is_there_by_another_stays() {
    let world = World::new();
    world.joined(10);
    let ago = |seconds| Some(world.clock.now() - seconds * SECOND);
    assert_eq!(
        world.left("first", "another peer", ago(5)),
        json!({"status": "ignored", "reason": "the user is in the meeting by another connection"})
    );
    assert_eq!(world.left("last", "peer", ago(4))["state"], "queued");
}

/// The user came back on another connection, and has left that as well.
#[test]
fn a_message_of_leaving_that_comes_again_changes_nothing() {
    let world = World::new();
    let left = || world.left("left", "peer", None);
    let removal = left();
    world.clock.advance(world.clock.now() + 60 * SECOND);
    world.joined(10);
    assert_eq!(left()["id"], removal["id"], "it is the first one's");
    let other = world.left("other", "another peer", None);
    assert_eq!(other["status"], "ignored", "the user is there still");
}

#[test]
fn a_message_of_leaving_without_its_time_is_about_those_who_are_there_by_now() {
    let world = World::new();
    let now = world.clock.now();
    let removals = [world.left("left", "peer", None), world.ended_at(None)];
    for removal in removals {
        assert_eq!(world.event_at(&removal), Some(now));
    }
}

/// Message ids are specific to their source.
#[test]
fn two_sources_may_use_the_same_id_for_their_messages() {
    let world = World::new();
    let of =
        |source| world.delivered(source, "id", &user(), Some(1), Leaving::Meeting)["id"].take();
    let (one, other) = (of("webhook:one"), of("webhook:other"));
    assert_ne!(one, other);
    assert_eq!((of("webhook:one"), of("webhook:other")), (one, other));
}
