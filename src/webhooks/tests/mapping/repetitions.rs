//! How a message is known again.

use super::*;

#[test]
fn a_message_is_known_by_its_signed_id_and_compared_by_its_body() {
    let source = preset("clerk");
    let body = json!({"type": "user.deleted", "data": {"id": "u"}}).to_string();
    let dedupe = |id: &str, body: &str| {
        let verified = Verified {
            message_id: Some(id.to_owned()),
        };
        match decide(&source, &verified, body.as_bytes(), NOW) {
            Decision::Remove { dedupe, .. } => dedupe,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(dedupe("msg_1", &body).key, "clerk/id/msg_1");
    assert_eq!(
        dedupe("msg_1", &body).digest,
        crate::digest::sha256_hex(body.as_bytes())
    );
    assert_ne!(
        dedupe("msg_1", &body).digest,
        dedupe("msg_1", &format!("{body} ")).digest
    );
    assert_ne!(dedupe("msg_1", &body).key, dedupe("msg_2", &body).key);
}

#[test]
fn an_id_in_the_body_knows_a_repetition_that_counts_something_else() {
    let source = preset("stripe");
    let event = |id: &str, pending: u32, customer: &str| {
        json!({"id": id, "type": "customer.subscription.deleted", "pending_webhooks": pending,
            "data": {"object": {"customer": customer}}})
    };
    let (_, first) = removal(&source, &event("evt_1", 2, "cus_1"));
    assert_eq!(first.key, "stripe/event/evt_1");
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
fn without_any_id_a_message_is_known_by_its_body_within_its_source() {
    let source = preset("supabase");
    let event = |email: &str| json!({"type": "DELETE", "table": "users", "schema": "auth", "old_record": {"id": "u", "email": email}});
    let (_, first) = removal(&source, &event("a"));
    assert_eq!(first.key, format!("supabase/body/{}", first.digest));
    assert_ne!(first.key, removal(&source, &event("b")).1.key);
    let other = ready("elsewhere", r#"{"preset": "supabase"}"#, TOKEN);
    assert_ne!(first.key, removal(&other, &event("a")).1.key);
    let auth0 = json!({"type": "user.deleted", "id": "a".repeat(257), "data": {"object": {"user_id": "u"}}});
    assert!(
        removal(&preset("auth0"), &auth0)
            .1
            .key
            .starts_with("auth0/body/")
    );
}
