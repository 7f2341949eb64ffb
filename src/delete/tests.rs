//! The synchronous DELETE over a scripted transport and a clock that only moves when told to.

mod kick;
mod refused;

use super::script::{Reply, Script};
use super::*;
use crate::config;
use crate::realtimekit::limits::Left;
use crate::realtimekit::{ApiRequest, TransportError};

const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn config() -> Config {
    config::parse(&|name| {
        Some(match name {
            "CLOUDFLARE_API_TOKEN" => "cf-token".to_owned(),
            "CLOUDFLARE_ACCOUNT_ID" => "account1".to_owned(),
            "REALTIMEKIT_APP_IDS" => "app1,app2".to_owned(),
            "CALLER_TOKENS" => format!(r#"{{"support":"{TOKEN}"}}"#),
            _ => return None,
        })
    })
    .unwrap()
}

struct Run {
    answer: Answer,
    deleted: Option<Deleted>,
    log: RequestLog,
    sent: Vec<ApiRequest>,
    seconds: u64,
}

fn run_with(token: &str, path: &ParticipantPath<'_>, query: Option<&str>, script: &Script) -> Run {
    let mut log = RequestLog::new("r".to_owned());
    let client = Client {
        transport: script,
        clock: script,
    };
    let authorization = format!("Bearer {token}");
    let config = config();
    let (answer, deleted) = pollster::block_on(delete_participant(
        &client,
        &config,
        Some(&authorization),
        path,
        query,
        &mut log,
    ));
    assert!(
        script.replies.borrow().is_empty(),
        "replies that were not asked for"
    );
    let seconds = (script.now_ms.get() - 1_000_000) / 1000;
    Run {
        answer,
        deleted,
        log,
        sent: script.sent.take(),
        seconds,
    }
}

fn short() -> ParticipantPath<'static> {
    ParticipantPath {
        owner: None,
        meeting: MEETING.into(),
        participant: "p1".into(),
    }
}

fn run(replies: impl IntoIterator<Item = Reply>) -> Run {
    run_with(TOKEN, &short(), None, &Script::new(replies))
}

const DONE: &str = r#"{"success":true,"data":{"preset_id":"x"}}"#;
const ABSENT: &str =
    r#"{"success":false,"error":{"code":404,"message":"No user found with id p1"}}"#;

fn outcome(run: &Run) -> &str {
    run.log.outcome.unwrap_or("none")
}

#[test]
fn two_failures_and_a_success_are_one_success_in_three_attempts() {
    let run = run([
        Reply::Status(503, ""),
        Reply::Status(503, ""),
        Reply::Status(200, DONE),
    ]);
    assert_eq!((run.answer.status, run.answer.body.as_str()), (200, DONE));
    assert_eq!((outcome(&run), run.log.attempts), ("removed", Some(3)));
    let deleted = run.deleted.unwrap();
    assert_eq!(
        (deleted.caller.as_str(), deleted.api_requests),
        ("support", 3)
    );
}

#[test]
fn a_limit_that_does_not_fit_goes_back_at_once() {
    let run = run([Reply::RetryAfter(429, "300")]);
    assert_eq!((run.answer.status, run.seconds), (429, 0));
    assert!(
        run.answer
            .headers
            .contains(&("retry-after", "300".to_owned()))
    );
    assert_eq!(outcome(&run), "failed");
}

#[test]
fn a_limit_that_fits_is_waited_for() {
    let run = run([Reply::RetryAfter(429, "7"), Reply::Status(200, DONE)]);
    assert_eq!((run.answer.status, run.seconds), (200, 7));
    // It is reported all the same: a limit without a sensible `retry-after` outlasts the call.
    assert_eq!(asked_for(&run), Some(7));
}

/// Returns the time that the last 429 asked for, in seconds.
fn asked_for(run: &Run) -> Option<u64> {
    let limited = run.deleted.as_ref()?.limited?;
    limited.retry_after.map(|time| time.as_secs())
}

#[test]
fn a_limit_that_only_the_kick_met_with_is_told_as_well() {
    let limited = Reply::RetryAfter(429, "300");
    let script = Script::new([limited, Reply::Status(200, DONE)]);
    let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
    assert_eq!((run.answer.status, outcome(&run)), (200, "removed"));
    assert_eq!(asked_for(&run), Some(300));
}

#[test]
fn of_two_limits_the_one_that_lasts_longer_is_told() {
    for (kick, delete) in [("300", "30"), ("30", "300")] {
        let script = Script::new([kick, delete].map(|asked| Reply::RetryAfter(429, asked)));
        let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
        assert_eq!(asked_for(&run), Some(300), "{kick} {delete}");
    }
}

#[test]
fn what_the_answer_says_of_the_limit_is_told() {
    let run = run([Reply::Ratelimit(r#""default";r=50;t=30"#, DONE)]);
    let (requests, seconds) = (50, 30);
    assert_eq!(
        run.deleted.unwrap().rate_limit.left,
        [Left { requests, seconds }]
    );
}

#[test]
fn a_time_that_a_408_asks_for_is_waited_for() {
    let run = run([Reply::RetryAfter(408, "3"), Reply::Status(200, DONE)]);
    assert_eq!((run.answer.status, run.seconds), (200, 3));
}

#[test]
fn the_history_keeps_none_of_realtimekits_words() {
    let words = r#"{"success":false,"error":{"code":7,"message":"Jane Roe is odd"}}"#;
    let run = run([Reply::Status(422, words)]);
    assert!(run.answer.body.contains("Jane Roe is odd"));
    assert_eq!(
        run.deleted.unwrap().error.as_deref(),
        Some("RealtimeKit refused the request: status 422, code 7 (cf-ray ray-1)")
    );
}

#[test]
fn an_upstream_that_hangs_ends_within_the_deadline() {
    let hang = || Reply::Lost(TransportError::TimedOut, 0);
    let run = run([hang(), hang(), hang()]);
    assert_eq!((run.answer.status, outcome(&run)), (504, "unknown"));
    assert_eq!(run.seconds, 25);
}

#[test]
fn broken_connections_end_in_502() {
    let broken = || Reply::Lost(TransportError::Broken, 0);
    let run = run([broken(), broken(), broken()]);
    assert_eq!((run.answer.status, outcome(&run)), (502, "unknown"));
}

#[test]
fn a_404_after_a_lost_answer_is_told_from_one_at_the_first_try() {
    let lost = run([
        Reply::Lost(TransportError::Broken, 0),
        Reply::Status(404, ABSENT),
    ]);
    assert_eq!(
        (lost.answer.status, outcome(&lost)),
        (200, "absent_after_ambiguous")
    );
    let first = run([Reply::Status(404, ABSENT)]);
    assert_eq!(
        (first.answer.status, outcome(&first)),
        (404, "already_absent")
    );
    assert!(first.answer.body.contains("No user found with id p1"));
}

#[test]
fn what_a_retry_cannot_help_is_sent_once() {
    for (status, body, answered) in [
        (400, ABSENT, 400),
        (401, ABSENT, 502),
        (403, ABSENT, 502),
        (302, "", 502),
        (200, "<html>", 502),
        (200, r#"{"success":false}"#, 502),
        (501, "", 502),
    ] {
        let run = run([Reply::Status(status, body)]);
        assert_eq!(
            (run.answer.status, run.sent.len()),
            (answered, 1),
            "{status}"
        );
    }
}

#[test]
fn every_served_app_has_its_own_url() {
    let path = ParticipantPath {
        owner: Some(("account1".into(), "app2".into())),
        ..short()
    };
    let run = run_with(TOKEN, &path, None, &Script::new([Reply::Status(200, DONE)]));
    assert!(
        run.sent[0]
            .url
            .contains("/accounts/account1/realtime/kit/app2/meetings/")
    );
}
