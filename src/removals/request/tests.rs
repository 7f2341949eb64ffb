use std::fmt::Write;

use super::*;
use crate::ids::AppId;
use crate::removals::fixture::served;
use crate::rfc3339::timestamp;

const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
const NOW: u64 = 1_790_000_000_000;

fn parse_text(body: &str) -> Result<RemovalOrder, Problem> {
    parse(body.as_bytes(), &served(), NOW)
}

fn pointer(body: &str) -> String {
    match parse_text(body).expect_err(body) {
        Problem::InvalidField(field) => field.pointer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_four_targets_are_read() {
    let meeting = MeetingId::parse(MEETING).unwrap();
    let user = CustomParticipantId::parse("u").unwrap();
    for (body, target) in [
        (
            format!(r#"{{"meeting_id":"{MEETING}","participant_id":"p"}}"#),
            Target::Participant {
                meeting: meeting.clone(),
                participant: ParticipantId::parse("p").unwrap(),
            },
        ),
        (
            format!(r#"{{"meeting_id":"{MEETING}","custom_participant_id":"u"}}"#),
            Target::UserInMeeting {
                meeting: meeting.clone(),
                user: user.clone(),
            },
        ),
        (
            format!(r#"{{"meeting_id":"{MEETING}","all":true}}"#),
            Target::EveryoneInMeeting { meeting },
        ),
        (
            r#"{"custom_participant_id":"u"}"#.to_owned(),
            Target::UserEverywhere { user },
        ),
    ] {
        let order = parse_text(&body).unwrap();
        assert_eq!(order.targets, [target]);
        assert_eq!(
            (order.kick, order.dry_run, order.app.as_str()),
            (true, false, "app1")
        );
    }
}

#[test]
fn every_option_is_read() {
    let body = r#"{"custom_participant_id":"u","app_id":"app2","kick":false,"dry_run":true,
        "not_before":"2026-12-31T23:59:59+01:00","reason":"GDPR request 7"}"#;
    let order = parse_text(body).unwrap();
    assert_eq!(
        (order.app.as_str(), order.kick, order.dry_run),
        ("app2", false, true)
    );
    assert_eq!(order.not_before_ms, Some(1_798_757_999_000));
    assert_eq!(order.reason.as_deref(), Some("GDPR request 7"));
}

#[test]
fn what_stands_beside_the_list_is_said_of_each() {
    let body = r#"{"app_id":"app2","kick":false,"dry_run":true,"reason":"all","not_before":"2026-12-31T23:59:59Z",
        "removals":[{"custom_participant_id":"u"},{"custom_participant_id":"v","kick":false,"reason":"all"}]}"#;
    let order = parse_text(body).unwrap();
    assert_eq!(
        (order.app.as_str(), order.kick, order.dry_run),
        ("app2", false, true)
    );
    assert_eq!(order.reason.as_deref(), Some("all"));
    assert_eq!(order.not_before_ms, Some(1_798_761_599_000));
    let users = ["u", "v"].map(|user| Target::UserEverywhere {
        user: CustomParticipantId::parse(user).unwrap(),
    });
    assert_eq!(order.targets, users);
}

#[test]
fn what_all_removals_of_a_list_say_is_said_of_the_whole() {
    let body = r#"{"removals":[{"custom_participant_id":"u","kick":false},{"custom_participant_id":"v","kick":false}]}"#;
    let order = parse_text(body).unwrap();
    assert_eq!((order.kick, order.targets.len()), (false, 2));
}

#[test]
fn what_breaks_a_rule_is_named_by_pointer() {
    let meeting = format!(r#""meeting_id":"{MEETING}""#);
    let long = "x".repeat(201);
    for (body, named) in [
        ("{}".to_owned(), ""),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
        (format!("{{{meeting}}}"), ""),
        (r#"{"meeting_id":"x","all":true}"#.to_owned(), "/meeting_id"),
        (r#"{"meeting_id":5,"all":true}"#.to_owned(), "/meeting_id"),
        (r#"{"all":true}"#.to_owned(), "/meeting_id"),
        (r#"{"participant_id":"p"}"#.to_owned(), "/meeting_id"),
        (format!(r#"{{{meeting},"all":false}}"#), "/all"),
        (format!(r#"{{{meeting},"all":1}}"#), "/all"),
        (format!(r#"{{{meeting},"all":true,"participant_id":"p"}}"#), "/all"),
        (format!(r#"{{{meeting},"all":true,"custom_participant_id":"u"}}"#), "/all"),
        (format!(r#"{{{meeting},"participant_id":"p","custom_participant_id":"u"}}"#), "/custom_participant_id"),
        (format!(r#"{{{meeting},"participant_id":"../p"}}"#), "/participant_id"),
        (format!(r#"{{{meeting},{meeting},"all":true}}"#), "/meeting_id"),
        (r#"{"custom_participant_id":""}"#.to_owned(), "/custom_participant_id"),
        (r#"{"custom_participant_id":"u","kick":"no"}"#.to_owned(), "/kick"),
        (r#"{"custom_participant_id":"u","dryrun":true}"#.to_owned(), "/dryrun"),
        (r#"{"custom_participant_id":"u","a/b~c":true}"#.to_owned(), "/a~1b~0c"),
        (r#"{"custom_participant_id":"u","not_before":"tomorrow"}"#.to_owned(), "/not_before"),
        (r#"{"custom_participant_id":"u","not_before":"2028-12-31T00:00:00Z"}"#.to_owned(), "/not_before"),
        (format!(r#"{{"custom_participant_id":"u","reason":"{long}"}}"#), "/reason"),
        (r#"{"removals":{}}"#.to_owned(), "/removals"),
        (r#"{"removals":[]}"#.to_owned(), "/removals"),
        (r#"{"removals":[{"custom_participant_id":"u"}],"kick":1}"#.to_owned(), "/kick"),
        (r#"{"removals":[{"custom_participant_id":"u"}],"all":true}"#.to_owned(), "/all"),
        (r#"{"removals":[{"custom_participant_id":"u"}],"kik":true}"#.to_owned(), "/kik"),
        (r#"{"removals":[{"custom_participant_id":"u"},5]}"#.to_owned(), "/removals/1"),
        (r#"{"removals":[{"custom_participant_id":"u"},{"meeting_id":"x"}]}"#.to_owned(), "/removals/1/meeting_id"),
        (
            r#"{"removals":[{"custom_participant_id":"u"},{"custom_participant_id":"u","app_id":"app2"}]}"#.to_owned(),
            "/removals/1/app_id",
        ),
        (
            r#"{"removals":[{"custom_participant_id":"u"},{"custom_participant_id":"v","dry_run":true}]}"#.to_owned(),
            "/removals/1/dry_run",
        ),
        (
            r#"{"removals":[{"custom_participant_id":"u","kick":false},{"custom_participant_id":"v"}]}"#.to_owned(),
            "/removals/1/kick",
        ),
        (r#"{"kick":false,"removals":[{"custom_participant_id":"u","kick":true}]}"#.to_owned(), "/removals/0/kick"),
        (r#"{"reason":"a","removals":[{"custom_participant_id":"u","reason":"b"}]}"#.to_owned(), "/removals/0/reason"),
        (r#"{"app_id":"app2","removals":[{"custom_participant_id":"u","app_id":"app1"}]}"#.to_owned(), "/removals/0/app_id"),
    ] {
        assert_eq!(pointer(&body), named, "{body}");
    }
}

#[test]
fn a_reason_has_at_most_200_characters_and_none_that_controls() {
    let body = |reason: &str| format!(r#"{{"custom_participant_id":"u","reason":"{reason}"}}"#);
    let longest = "é".repeat(200);
    let order = parse_text(&body(&longest)).unwrap();
    assert_eq!(order.reason, Some(longest));
    assert_eq!(pointer(&body(r"a\nb")), "/reason");
}

#[test]
fn a_removal_starts_within_a_year_and_at_once_where_its_time_is_over() {
    const YEAR_MS: u64 = 366 * 24 * 60 * 60 * 1000;
    let body = |time: &str| format!(r#"{{"custom_participant_id":"u","not_before":"{time}"}}"#);
    for (time, not_before_ms) in [
        (timestamp(NOW + YEAR_MS), NOW + YEAR_MS),
        ("1969-12-31T23:59:59Z".to_owned(), 0),
    ] {
        let order = parse_text(&body(&time)).unwrap();
        assert_eq!(order.not_before_ms, Some(not_before_ms));
    }
    let later = timestamp(NOW + YEAR_MS + 1);
    assert_eq!(pointer(&body(&later)), "/not_before");
}

#[test]
fn a_thousand_targets_are_the_most() {
    let body = |count: usize| {
        let mut body = String::from(r#"{"removals":["#);
        for index in 0..count {
            let comma = if index == 0 { "" } else { "," };
            write!(body, r#"{comma}{{"custom_participant_id":"u{index}"}}"#).unwrap();
        }
        body + "]}"
    };
    assert_eq!(parse_text(&body(1000)).unwrap().targets.len(), 1000);
    assert_eq!(pointer(&body(1001)), "/removals");
}

#[test]
fn what_is_not_json_is_told_from_what_breaks_a_rule() {
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "not json",
        r#"{"all":tru}"#,
        "\u{feff}{}",
        deep.as_str(),
    ] {
        assert!(
            matches!(parse_text(body), Err(Problem::NotJson(_))),
            "{}",
            &body[..body.len().min(20)]
        );
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(pointer(&nested), "");
    let problem = parse(&[0xff], &served(), NOW);
    assert!(matches!(problem, Err(Problem::NotJson(_))));
}

#[test]
fn an_app_that_is_not_served_is_refused() {
    let problem = parse_text(r#"{"custom_participant_id":"u","app_id":"app3"}"#);
    assert_eq!(problem, Err(Problem::NotServed("/app_id".to_owned())));
}

#[test]
fn the_body_of_an_order_asks_for_that_order() {
    let meeting = MeetingId::parse(MEETING).unwrap();
    let user = CustomParticipantId::parse("u \"é\"").unwrap();
    let participant = ParticipantId::parse("p").unwrap();
    let targets = vec![
        Target::Participant {
            meeting: meeting.clone(),
            participant,
        },
        Target::UserInMeeting {
            meeting: meeting.clone(),
            user: user.clone(),
        },
        Target::EveryoneInMeeting { meeting },
        Target::UserEverywhere { user },
    ];
    let order = RemovalOrder {
        app: AppId::parse("app2").unwrap(),
        targets,
        kick: false,
        dry_run: true,
        not_before_ms: Some(NOW + 123),
        reason: Some("webhook clerk: user.deleted".to_owned()),
    };
    assert_eq!(parse_text(&body(&order).unwrap()), Ok(order));
}
