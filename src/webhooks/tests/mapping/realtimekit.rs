//! `RealtimeKit`'s events.

use std::slice::from_ref;

use super::*;
use crate::webhooks::mapping::body_key;

pub(super) fn rtk(event: &str, user: &Value) -> Value {
    json!({"event": event, "reason": "ALL_PARTICIPANTS_LEFT",
        "meeting": {"id": MEETING, "sessionId": "s", "title": "t", "status": "LIVE", "endedAt": "2021-02-25T15:02:10.250Z", "organizedBy": {"id": "org", "name": "n"}},
        "participant": {"peerId": "0d1d1a1f-6b0f-4f0a-9c39-8f6c3c3e5a11", "userDisplayName": "A", "customParticipantId": user,
            "joinedAt": "2021-02-25T15:02:08.000Z", "leftAt": "2021-02-25T16:02:09.000+01:00"}})
}

#[test]
fn realtimekit_removes_only_what_is_switched_on() {
    let on = ready_realtimekit(
        r#"{"participant_left": {"delay_seconds": 300}, "meeting_ended": {"kick": true}}"#,
    );
    let in_meeting = Target::UserInMeeting {
        meeting: meeting(),
        user: user("u"),
    };
    let everyone = Target::EveryoneInMeeting { meeting: meeting() };
    for (event, off, target, kick, not_before_ms, at_ms) in [
        (
            "meeting.participantLeft",
            r#"{"meeting_ended": true}"#,
            &in_meeting,
            false,
            Some(NOW + 300_000),
            NOW - 1_000,
        ),
        (
            "meeting.ended",
            r#"{"participant_left": true, "meeting_ended": false}"#,
            &everyone,
            true,
            None,
            NOW + 250,
        ),
    ] {
        let body = rtk(event, &json!("u"));
        let Decision::Remove {
            order,
            event_at_ms,
            message,
            ..
        } = decision(&on, &body)
        else {
            panic!()
        };
        let found = (
            &order.targets[..],
            order.kick,
            order.not_before_ms,
            event_at_ms,
        );
        assert_eq!(found, (from_ref(target), kick, not_before_ms, Some(at_ms)));
        assert_eq!(message, body_key(body.to_string().as_bytes()));
        let off = decision(&ready_realtimekit(off), &body);
        assert!(!matches!(off, Decision::Remove { .. }), "{off:?}");
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
        (r#"{"meeting_ended": true}"#, vec![everyone.clone()]),
        (
            r#"{"meeting_ended": {"delay_seconds": 1}, "participant_left": true}"#,
            vec![in_meeting, everyone],
        ),
    ] {
        match decision(&ready_realtimekit(settings), &joined) {
            Decision::CancelPending {
                targets,
                joined_at_ms,
                peer,
            } => {
                assert_eq!(
                    peer.as_deref(),
                    Some("0d1d1a1f-6b0f-4f0a-9c39-8f6c3c3e5a11")
                );
                assert_eq!(joined_at_ms, Some(NOW - 2_000));
                assert_eq!(targets, cancelled);
            }
            other => panic!("{settings}: {other:?}"),
        }
    }
}

#[test]
fn a_guest_who_joins_keeps_the_meeting_from_being_emptied() {
    let both =
        r#"{"meeting_ended": {"delay_seconds": 1}, "participant_left": {"delay_seconds": 1}}"#;
    for nobody in [json!(null), json!(""), json!("u".repeat(257))] {
        let joined = rtk("meeting.participantJoined", &nobody);
        match decision(&ready_realtimekit(both), &joined) {
            Decision::CancelPending { targets, .. } => {
                assert_eq!(targets, [Target::EveryoneInMeeting { meeting: meeting() }]);
            }
            other => panic!("{other:?}"),
        }
        // Without an id there is no removal that could be cancelled, so there is nothing to look at.
        let left_alone = ready_realtimekit(r#"{"participant_left": {"delay_seconds": 1}}"#);
        match decision(&left_alone, &joined) {
            Decision::Ignored { .. } => assert!(nobody.is_null()),
            Decision::Quarantine { .. } => assert!(!nobody.is_null()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_meeting_that_ends_ends_its_connections_where_only_leaving_removes() {
    let ended = rtk("meeting.ended", &json!(null));
    let leaving = ready_realtimekit(r#"{"participant_left": true}"#);
    let ended_at = Decision::Ended {
        meeting: meeting(),
        ended_at_ms: Some(NOW + 250),
    };
    assert_eq!(decision(&leaving, &ended), ended_at);
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
            Decision::Quarantine { reason, message } => {
                assert!(reason.contains("must be"), "{reason}");
                assert!(message.key.starts_with("body/"));
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
    // A body that cannot be parsed is kept only if it may be ours.
    let unreadable = |body: &str| decide(&source, &Verified::default(), body.as_bytes(), NOW);
    assert_eq!(
        unreadable(r#"{"meeting":{"title":"\ud800","organizedBy":{"id":"other"}}}"#),
        Decision::Refused(Refused::OtherOrganization)
    );
    let ours = unreadable(r#"{"meeting":{"title":"\ud800","organizedBy":{"id":"org"}}}"#);
    assert!(matches!(ours, Decision::Quarantine { .. }), "{ours:?}");
    let outside =
        json!({"event": "meeting.ended", "organizedBy": {"id": "org"}, "meeting": {"id": MEETING}});
    assert_eq!(
        decision(&source, &outside),
        Decision::Refused(Refused::OtherOrganization)
    );
}

#[test]
fn a_time_that_cannot_be_read_is_none() {
    let source = ready_realtimekit(r#"{"participant_left": true}"#);
    for time in [
        json!(null),
        json!("yesterday"),
        json!(1_614_265_330),
        json!("1969-12-31T23:59:59Z"),
    ] {
        let mut body = rtk("meeting.participantLeft", &json!("u"));
        body["participant"]["leftAt"] = time;
        let decision = decision(&source, &body);
        assert!(
            matches!(
                decision,
                Decision::Remove {
                    event_at_ms: None,
                    ..
                }
            ),
            "{decision:?}"
        );
    }
}
