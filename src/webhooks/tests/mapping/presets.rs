//! The presets' events.

use super::*;

#[test]
fn every_preset_understands_its_senders_event() {
    for (name, body, id) in [
        (
            "clerk",
            json!({"data": {"deleted": true, "id": "user_29wBMCtzATuFJut8jO2VNTVekS4", "object": "user"},
                "object": "event", "type": "user.deleted", "timestamp": 1_661_861_640_000_u64, "instance_id": "ins_123"}),
            "user_29wBMCtzATuFJut8jO2VNTVekS4",
        ),
        (
            "stytch",
            json!({"action": "DELETE", "event_id": "webhook-event-test-0", "id": "user-test-0", "object_type": "user",
                "project_id": "project-test-0", "source": "DASHBOARD", "timestamp": "2024-11-21T06:47:49Z", "vertical": "CONSUMER"}),
            "user-test-0",
        ),
        (
            "stytch",
            json!({"action": "DELETE", "id": "member-test-0", "object_type": "member", "source": "SCIM", "vertical": "B2B"}),
            "member-test-0",
        ),
        (
            "workos",
            json!({"object": "event", "id": "event_1", "event": "user.deleted", "created_at": "2023-11-18T04:18:13.126Z",
                "data": {"object": "user", "id": "user_01E4ZCR3C56J083X43JQXF3JK5", "email": "a@example.com"}}),
            "user_01E4ZCR3C56J083X43JQXF3JK5",
        ),
        (
            "auth0",
            json!({"specversion": "1.0", "type": "user.deleted", "source": "urn:auth0:x", "id": "evt_1234567890abcdef",
                "time": "2025-02-01T12:34:56Z", "data": {"object": {"user_id": "auth0|507f1f77bcf86cd799439020"}}}),
            "auth0|507f1f77bcf86cd799439020",
        ),
        (
            "supabase",
            json!({"type": "DELETE", "table": "users", "schema": "auth", "record": null,
                "old_record": {"id": "8f6c3c3e-6b0f-4f0a-9c39-0d1d1a1f5a11", "email": "a@example.com"}}),
            "8f6c3c3e-6b0f-4f0a-9c39-0d1d1a1f5a11",
        ),
        (
            "stripe",
            json!({"id": "evt_1", "object": "event", "type": "customer.subscription.deleted", "pending_webhooks": 2,
                "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"}}}),
            "cus_1",
        ),
    ] {
        let (targets, _) = removal(&preset(name), &body);
        assert_eq!(targets, [everywhere(id)], "{name}");
    }
}

#[test]
fn an_event_without_a_rule_is_ignored() {
    for (name, body) in [
        (
            "clerk",
            json!({"type": "user.created", "data": {"id": "u"}}),
        ),
        (
            "clerk",
            json!({"type": ["user.deleted"], "data": {"id": "u"}}),
        ),
        (
            "clerk",
            json!({"Type": "user.deleted", "data": {"id": "u"}}),
        ),
        (
            "clerk",
            json!({"data": {"type": "user.deleted", "id": "u"}}),
        ),
        ("clerk", json!([])),
        ("clerk", json!("user.deleted")),
        ("clerk", json!(null)),
        (
            "stytch",
            json!({"action": "DELETE", "object_type": "organization", "id": "o"}),
        ),
        (
            "stytch",
            json!({"action": "UPDATE", "object_type": "user", "id": "u"}),
        ),
        (
            "workos",
            json!({"event": "dsync.user.deleted", "data": {"id": "directory_user_1"}}),
        ),
        (
            "supabase",
            json!({"type": "DELETE", "table": "users", "schema": "public", "old_record": {"id": "u"}}),
        ),
        (
            "supabase",
            json!({"type": "INSERT", "table": "users", "schema": "auth", "record": {"id": "u"}}),
        ),
        (
            "stripe",
            json!({"type": "customer.subscription.updated", "data": {"object": {"customer": "cus_1"}}}),
        ),
    ] {
        assert!(
            matches!(decision(&preset(name), &body), Decision::Ignored { .. }),
            "{name} {body}"
        );
    }
}
