//! How repeated messages are recognised.

use super::realtimekit::rtk;
use super::*;

#[test]
fn a_message_is_known_by_its_signed_id_and_compared_by_its_body() {
    let source = preset("clerk");
    let body = json!({"type": "user.deleted", "data": {"id": "u"}}).to_string();
    let key = |id: &str, body: &str| {
        let verified = Verified {
            message_id: Some(id.to_owned()),
        };
        match decide(&source, &verified, body.as_bytes(), NOW) {
            Decision::Remove { message, .. } => message,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(key("msg_1", &body).key, "id/msg_1");
    assert_eq!(key("msg_1", &body).digest, sha256_hex(body.as_bytes()));
    assert_ne!(
        key("msg_1", &body).digest,
        key("msg_1", &format!("{body} ")).digest
    );
    assert_ne!(key("msg_1", &body).key, key("msg_2", &body).key);
}

#[test]
fn an_id_in_the_body_knows_a_repetition_that_counts_something_else() {
    let source = preset("stripe");
    let event = |id: &str, pending: u32, customer: &str| {
        json!({"id": id, "type": "customer.subscription.deleted", "pending_webhooks": pending,
            "data": {"object": {"customer": customer}}})
    };
    let (_, first) = removal(&source, &event("evt_1", 2, "cus_1"));
    assert_eq!(first.key, "event/evt_1");
    assert_eq!(first, removal(&source, &event("evt_1", 1, "cus_1")).1);
    assert_ne!(
        first.digest,
        removal(&source, &event("evt_1", 1, "cus_2")).1.digest
    );
    assert_ne!(
        first.key,
        removal(&source, &event("evt_2", 2, "cus_1")).1.key
    );
}

#[test]
fn without_any_id_a_message_is_known_by_its_body() {
    let source = preset("supabase");
    let event = |email: &str| json!({"type": "DELETE", "table": "users", "schema": "auth", "old_record": {"id": "u", "email": email}});
    let (_, first) = removal(&source, &event("a"));
    assert_eq!(first.key, format!("body/{}", first.digest));
    assert_ne!(first.key, removal(&source, &event("b")).1.key);
    let other = ready("elsewhere", r#"{"preset": "supabase"}"#, TOKEN);
    assert_ne!(source.origin(), other.origin());
    let auth0 = json!({"type": "user.deleted", "id": "a".repeat(257), "data": {"object": {"user_id": "u"}}});
    assert!(removal(&preset("auth0"), &auth0).1.key.starts_with("body/"));
}

#[test]
fn what_is_older_than_repeats_are_known_is_ignored() {
    const KNOWN_MS: u64 = 7 * 24 * 60 * 60 * 1000;
    let source = ready_realtimekit(r#"{"participant_left": {"delay_seconds": 5}}"#);
    for (event, at) in [
        ("meeting.participantLeft", NOW - 1_000),
        ("meeting.participantJoined", NOW - 2_000),
        ("meeting.ended", NOW + 250),
    ] {
        let body = rtk(event, &json!("u")).to_string();
        let decided = |now| decide(&source, &Verified::default(), body.as_bytes(), now);
        let last = at + KNOWN_MS;
        assert!(!matches!(decided(last), Decision::Ignored { .. }));
        assert!(matches!(decided(last + 1), Decision::Ignored { .. }));
    }
}
