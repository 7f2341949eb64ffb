//! What becomes of the messages about a meeting's end and about joining, in whatever order they come.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::rc::Rc;

use participant_remover::config::{self, Config};
use participant_remover::ledger::{Ledger, Settings};
use participant_remover::removal::{Leaving, MessageKey};
use participant_remover::removals::call::{Delivery, PendingCancel};
use participant_remover::removals::delivery::{cancel_pending, deliver};
use participant_remover::removals::served::Served;
use serde_json::{Value, json};
use simulation::clock::SimulatedClock;
use simulation::store::{Disk, SimulatedStore};

const SOURCE: &str = "webhook:realtimekit";
const MEETING: &str = "00000000-0000-4000-8000-000000000000";
const SECOND: u64 = 1_000;

struct World {
    clock: SimulatedClock,
    ledger: Ledger<SimulatedStore>,
    config: Config,
}

impl World {
    fn new() -> Self {
        let clock = SimulatedClock::new(7);
        let store = SimulatedStore(Rc::new(Disk::new().unwrap()));
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

    /// What the end of the meeting leads to, so many seconds ago.
    fn ended(&self, ago: u64) -> Value {
        self.ended_at(Some(self.clock.now() - ago * SECOND))
    }

    fn ended_at(&self, at: Option<u64>) -> Value {
        let body = json!({"removals": [{"meeting_id": MEETING, "all": true}]}).to_string();
        let message = MessageKey {
            key: format!("ended/{at:?}"),
            digest: String::new(),
        };
        let delivery = Delivery {
            source: SOURCE.to_owned(),
            body,
            message,
            event_at_ms: at,
            leaving: Some(Leaving::Meeting),
        };
        let answer = deliver(&self.served(), &delivery).unwrap();
        serde_json::from_str::<Value>(&answer.body).unwrap()["result"].take()
    }

    /// The removals that somebody's joining cancels, so many seconds ago.
    fn joined(&self, ago: u64) -> Value {
        let user = json!({"meeting_id": MEETING, "custom_participant_id": "user"});
        let everyone = json!({"meeting_id": MEETING, "all": true});
        let body = json!({"removals": [user, everyone]}).to_string();
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
