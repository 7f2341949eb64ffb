//! Rules, and events that cannot be understood.

use super::*;

#[test]
fn an_event_that_cannot_be_understood_says_where() {
    let clerk = |id: Value| json!({"type": "user.deleted", "data": {"id": id}});
    let long = "a".repeat(257);
    let missing = "is missing in this event: it must be a string or an integer";
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
                let is_there = body.pointer("/data/id").is_some_and(|id| !id.is_null());
                assert!(
                    pointer.to_string() == "/data/id"
                        && (message.starts_with("must be") == is_there)
                        && (message == missing) != is_there,
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
            {"when": {"/t": ["left", "kicked"], "/n": 1}, "action": "user in meeting", "user": "/u",
                "meeting": "/m", "kick": false},
            {"when": {"/t": "over"}, "action": "everyone in meeting", "meeting": "/m", "delay_seconds": 90},
            {"when": {"/t": "left"}, "action": "user everywhere", "user": "/u"}
        ]}"#,
        TOKEN,
    );
    let body = |n: Value| json!({"t": "left", "n": n, "u": 42, "m": MEETING.to_uppercase()});
    let first = order(&source, &body(json!(1)));
    let (meeting, user) = (meeting(), user("42"));
    assert_eq!(first.targets, [Target::UserInMeeting { meeting, user }]);
    assert_eq!(
        (first.kick, first.not_before_ms, first.dry_run),
        (false, None, false)
    );
    assert_eq!(first.app.as_str(), "two");
    assert_eq!(first.reason.as_deref(), Some("webhook own: 1 left"));
    for other in [json!(2), json!("1"), json!(1.0), json!(null)] {
        let third = order(&source, &body(other));
        assert_eq!((third.kick, the_target(third)), (true, everywhere("42")));
    }
    let second = order(&source, &json!({"t": "over", "m": MEETING}));
    assert!(matches!(
        second.targets[..],
        [Target::EveryoneInMeeting { .. }]
    ));
    assert_eq!(second.not_before_ms, Some(NOW + 90_000));
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
    let other = decision(&source, &json!({"t": "kicked", "n": 2}));
    assert!(matches!(other, Decision::Ignored { .. }));
}

#[test]
fn the_reason_of_a_removal_is_not_longer_than_a_callers() {
    let long = "é".repeat(200);
    let table = json!({"scheme": "github", "rules": [
        {"when": {"/t": long}, "action": "user everywhere", "user": "/u"}
    ]});
    let source = ready("own", &table.to_string(), TOKEN);
    let reason = order(&source, &json!({"t": long, "u": "u"})).reason;
    let expected = format!("webhook own: {}", "é".repeat(187));
    assert_eq!((reason, expected.chars().count()), (Some(expected), 200));
}
