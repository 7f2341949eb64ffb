//! `RealtimeKit`'s events.

use super::*;

fn rtk(event: &str, user: &Value) -> Value {
    json!({"event": event, "reason": "ALL_PARTICIPANTS_LEFT",
        "meeting": {"id": MEETING, "sessionId": "s", "title": "t", "status": "LIVE", "organizedBy": {"id": "org", "name": "n"}},
        "participant": {"peerId": "0d1d1a1f-6b0f-4f0a-9c39-8f6c3c3e5a11", "userDisplayName": "A", "customParticipantId": user}})
}

#[test]
fn realtimekit_removes_only_what_is_switched_on() {
    let on = ready_realtimekit(
        r#"{"participant_left": {"delay_seconds": 300}, "meeting_ended": {"kick": true}}"#,
    );
    let off = ready_realtimekit("{}");
    let in_meeting = Target::UserInMeeting {
        meeting: meeting(),
        user: user("u"),
    };
    let everyone = Target::EveryoneInMeeting { meeting: meeting() };
    for (event, target, kick, not_before_ms) in [
        (
            "meeting.participantLeft",
            &in_meeting,
            false,
            Some(NOW + 300_000),
        ),
        ("meeting.ended", &everyone, true, None),
    ] {
        let body = rtk(event, &json!("u"));
        let Decision::Remove { orders, dedupe, .. } = decision(&on, &body) else {
            panic!()
        };
        assert_eq!(
            (&orders[0].target, orders[0].kick, orders[0].not_before_ms),
            (target, kick, not_before_ms)
        );
        assert_eq!(
            dedupe.key,
            format!(
                "realtimekit/body/{}",
                crate::digest::sha256_hex(body.to_string().as_bytes())
            )
        );
        assert!(matches!(decision(&off, &body), Decision::Ignored { .. }));
    }
    for event in [
        "meeting.started",
        "meeting.chatSynced",
        "recording.statusUpdate",
        "new.event",
    ] {
        assert!(matches!(
            decision(&on, &rtk(event, &json!("u"))),
            Decision::Ignored { .. }
        ));
    }
}

#[test]
fn whoever_joins_again_cancels_what_waits() {
    let joined = rtk("meeting.participantJoined", &json!("u"));
    let in_meeting = Target::UserInMeeting {
        meeting: meeting(),
        user: user("u"),
    };
    let everyone = Target::EveryoneInMeeting { meeting: meeting() };
    for (settings, cancelled) in [
        (
            r#"{"participant_left": {"delay_seconds": 1}}"#,
            vec![in_meeting.clone()],
        ),
        (
            r#"{"meeting_ended": {"delay_seconds": 1}, "participant_left": true}"#,
            vec![everyone.clone()],
        ),
        (
            r#"{"meeting_ended": {"delay_seconds": 1}, "participant_left": {"delay_seconds": 1}}"#,
            vec![in_meeting, everyone],
        ),
    ] {
        match decision(&ready_realtimekit(settings), &joined) {
            Decision::CancelPending { app, targets, .. } => {
                assert_eq!((app.as_str(), targets), ("one", cancelled));
            }
            other => panic!("{settings}: {other:?}"),
        }
    }
    for settings in ["{}", r#"{"meeting_ended": true, "participant_left": true}"#] {
        let decision = decision(&ready_realtimekit(settings), &joined);
        assert!(matches!(decision, Decision::Ignored { .. }), "{settings}");
    }
}

#[test]
fn realtimekits_riddles_are_kept_and_never_guessed() {
    let source = ready_realtimekit(r#"{"participant_left": true, "meeting_ended": true}"#);
    let mut no_meeting = rtk("meeting.ended", &json!("u"));
    no_meeting["meeting"]["id"] = json!("497f6eca");
    let mut no_event = rtk("meeting.ended", &json!("u"));
    no_event["event"] = json!(5);
    let mut only_client_id = rtk("meeting.participantLeft", &json!(null));
    only_client_id["participant"]["clientSpecificId"] = json!("u");
    for body in [
        rtk("meeting.participantLeft", &json!(null)),
        rtk("meeting.participantLeft", &json!("")),
        rtk("meeting.participantLeft", &json!(["u"])),
        json!({"event": "meeting.participantLeft", "meeting": {"id": MEETING}}),
        json!({"event": "meeting.ended"}),
        json!([]),
        no_meeting,
        no_event,
        only_client_id,
    ] {
        match decision(&source, &body) {
            Decision::Quarantine { reason, dedupe } => {
                assert!(reason.contains("must be"), "{reason}");
                assert!(dedupe.key.starts_with("realtimekit/body/"));
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    for body in [&b"\xff"[..], b"\xef\xbb\xbf{}", b"", b"{"] {
        let decision = decide(&source, &Verified::default(), body, NOW);
        assert!(
            matches!(decision, Decision::Quarantine { .. }),
            "{decision:?}"
        );
    }
}

#[test]
fn another_tenants_body_is_refused() {
    let source = ready_realtimekit(
        r#"{"meeting_ended": true, "participant_left": true, "organization_id": "org"}"#,
    );
    let ours = rtk("meeting.ended", &json!("u"));
    assert!(matches!(decision(&source, &ours), Decision::Remove { .. }));
    for id in [
        json!("other"),
        json!("ORG"),
        json!(null),
        json!(["org"]),
        json!(5),
        json!(""),
    ] {
        let mut theirs = ours.clone();
        theirs["meeting"]["organizedBy"]["id"] = id;
        assert_eq!(
            decision(&source, &theirs),
            Decision::Refused(Refused::OtherOrganization)
        );
    }
    let outside =
        json!({"event": "meeting.ended", "organizedBy": {"id": "org"}, "meeting": {"id": MEETING}});
    assert_eq!(
        decision(&source, &outside),
        Decision::Refused(Refused::OtherOrganization)
    );
}
