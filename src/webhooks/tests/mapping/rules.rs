//! Rules, and what cannot be understood.

use super::*;

#[test]
fn an_event_that_cannot_be_understood_says_where() {
    let clerk = |id: Value| json!({"type": "user.deleted", "data": {"id": id}});
    let long = "a".repeat(257);
    for body in [
        clerk(json!(null)),
        clerk(json!("")),
        clerk(json!(1.5)),
        clerk(json!(true)),
        clerk(json!({"id": "u"})),
        clerk(json!(["u"])),
        clerk(json!("a\nb")),
        clerk(json!(long)),
        json!({"type": "user.deleted"}),
        json!({"type": "user.deleted", "data": []}),
    ] {
        match decision(&preset("clerk"), &body) {
            Decision::BadEvent {
                pointer: Some(pointer),
                message,
            } => {
                assert!(
                    pointer.as_str() == "/data/id" && message.starts_with("/data/id must be"),
                    "{message}"
                );
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    let deep = "[".repeat(100_000);
    for body in [
        &b""[..],
        b"\xef\xbb\xbf{}",
        b"\xff",
        b"{",
        br#"{"type":"a","type":"b"}"#,
        deep.as_bytes(),
    ] {
        let decision = decide(&preset("clerk"), &Verified::default(), body, NOW);
        assert!(
            matches!(decision, Decision::BadEvent { pointer: None, .. }),
            "{decision:?}"
        );
    }
}

#[test]
fn rules_say_whom_when_and_how() {
    let source = ready(
        "own",
        r#"{"scheme": "github", "app_id": "two", "rules": [
            {"when": {"/t": ["left", "kicked"], "/n": 1}, "action": "user in meeting", "user": "/u", "meeting": "/m", "kick": false},
            {"when": {"/t": "over"}, "action": "everyone in meeting", "meeting": "/m", "delay_seconds": 90},
            {"when": {"/t": "left"}, "action": "user everywhere", "user": "/u"},
            {"when": {"/t": "left"}, "action": "user everywhere", "user": "/u", "kick": false}
        ]}"#,
        TOKEN,
    );
    let body = json!({"t": "left", "n": 1, "u": 42, "m": MEETING.to_uppercase()});
    let Decision::Remove { orders, .. } = decision(&source, &body) else {
        panic!()
    };
    let in_meeting = Target::UserInMeeting {
        meeting: meeting(),
        user: user("42"),
    };
    assert_eq!(orders.len(), 2, "the same target twice is one order");
    assert_eq!(
        (&orders[0].target, orders[0].kick, orders[0].not_before_ms),
        (&in_meeting, false, None)
    );
    assert_eq!(
        (&orders[1].target, orders[1].kick, orders[1].not_before_ms),
        (&everywhere("42"), true, None)
    );
    assert_eq!(orders[0].app.as_str(), "two");
    assert_eq!(orders[0].reason.as_deref(), Some("webhook own: 1 left"));
    let Decision::Remove { orders, .. } = decision(&source, &json!({"t": "over", "m": MEETING}))
    else {
        panic!()
    };
    assert_eq!(
        orders[0].target,
        Target::EveryoneInMeeting { meeting: meeting() }
    );
    assert_eq!(orders[0].not_before_ms, Some(NOW + 90_000));
    let wrong = decision(&source, &json!({"t": "over", "m": "../participants"}));
    assert!(
        matches!(
            wrong,
            Decision::BadEvent {
                pointer: Some(_),
                ..
            }
        ),
        "{wrong:?}"
    );
    assert!(matches!(
        decision(&source, &json!({"t": "kicked", "n": 2})),
        Decision::Ignored { .. }
    ));
    assert!(matches!(
        decision(&source, &json!({"t": "kicked", "n": "1"})),
        Decision::Ignored { .. }
    ));
}
