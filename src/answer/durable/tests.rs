use serde_json::{Value, json};

use super::*;
use crate::ledger::{ItemState, PauseReason};
use crate::removal::Outcome;

const AT: u64 = 1_790_000_000_000;

#[test]
fn a_ledger_tells_its_pause_its_work_and_its_pace() {
    let answer = ledger_health(&Health {
        pause: Some(Pause {
            reason: PauseReason::RateLimited,
            since: AT,
            until: AT + 300_000,
        }),
        open: 3,
        requests_in_window: 7,
        requests_allowed: 600,
    });
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let expected = json!({
        "paused": {
            "reason": "rate_limited",
            "since": "2026-09-21T14:13:20.000Z",
            "until": "2026-09-21T14:18:20.000Z",
        },
        "open_removals": 3,
        "api_requests_in_5_minutes": 7,
        "api_requests_allowed": 600,
    });
    assert_eq!(body["result"], expected);
}

#[test]
fn a_participant_is_shown_with_everything_that_is_known_of_them() {
    let item = ItemView {
        meeting: "m1".to_owned(),
        participant: "p1".to_owned(),
        target: Some(4),
        user: Some("user-1".to_owned()),
        state: ItemState::Failed,
        outcome: Some(Outcome::Failed),
        attempts: 3,
        last_error: Some("the last error".to_owned()),
        kick_error: Some("the kick's error".to_owned()),
        found_at: AT,
        finished_at: Some(AT + 1_000),
    };
    let expected = json!({
        "meeting_id": "m1",
        "participant_id": "p1",
        "target": 4,
        "custom_participant_id": "user-1",
        "state": "failed",
        "outcome": "failed",
        "attempts": 3,
        "last_error": "the last error",
        "kick_error": "the kick's error",
        "found_at": "2026-09-21T14:13:20.000Z",
        "finished_at": "2026-09-21T14:13:21.000Z",
    });
    assert_eq!(json!(ItemBody::from(&item)), expected);
}
