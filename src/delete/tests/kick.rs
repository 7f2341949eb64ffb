//! Kicking before the delete.

use super::*;
use crate::realtimekit::Method;

#[test]
fn a_kick_goes_first_and_its_failure_stops_nothing() {
    let script = Script::new([
        Reply::Status(500, ""),
        Reply::Status(500, ""),
        Reply::Status(500, ""),
        Reply::Status(200, DONE),
    ]);
    let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
    assert_eq!((run.answer.status, outcome(&run)), (200, "removed"));
    assert!(
        run.answer.body.contains("could not be kicked"),
        "{}",
        run.answer.body
    );
    assert_eq!(run.sent[0].method, Method::Post);
    assert!(run.sent[0].url.ends_with("/active-session/kick"));
    assert_eq!(run.sent[3].method, Method::Delete);
    let deleted = run.deleted.unwrap();
    assert_eq!(deleted.api_requests, 4);
    assert_eq!(
        (deleted.error, deleted.kick_error.as_deref()),
        (None, Some("RealtimeKit answered 500 (cf-ray ray-1)"))
    );
}

#[test]
fn a_kick_that_finds_nobody_is_fine() {
    let script = Script::new([Reply::Status(404, ABSENT), Reply::Status(200, DONE)]);
    assert_eq!(
        run_with(TOKEN, &short(), Some("kick=true"), &script)
            .answer
            .body,
        DONE
    );
}

#[test]
fn a_kick_that_hangs_leaves_time_for_the_delete() {
    let script = Script::new([
        Reply::Lost(TransportError::TimedOut, 0),
        Reply::Status(200, DONE),
    ]);
    let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
    assert_eq!((run.answer.status, run.seconds), (200, 8));
}

#[test]
fn a_kick_and_a_delete_that_hang_end_within_the_deadline() {
    let hang = || Reply::Lost(TransportError::TimedOut, 0);
    let script = Script::new([hang(), hang(), hang()]);
    let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
    assert_eq!((run.answer.status, outcome(&run)), (504, "unknown"));
    assert_eq!(run.seconds, 25);
    assert_eq!(
        (run.log.kick, run.log.kick_attempts),
        (Some("failed"), Some(1))
    );
}

/// What a 429 asks for applies to every call with the token.
#[test]
fn a_kick_that_met_with_the_limit_holds_the_delete_back_where_there_is_time() {
    for (asked, waited) in [("10", 10), ("24", 24), ("25", 0), ("300", 0)] {
        let script = Script::new([Reply::RetryAfter(429, asked), Reply::Status(200, DONE)]);
        let run = run_with(TOKEN, &short(), Some("kick=true"), &script);
        assert_eq!((run.answer.status, outcome(&run)), (200, "removed"));
        assert_eq!(run.seconds, waited, "{asked}");
        assert!(run.answer.body.contains("could not be kicked"));
    }
}
