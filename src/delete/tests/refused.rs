//! Requests that are refused before anything is sent.

use super::*;

#[test]
fn what_breaks_a_rule_sends_nothing() {
    let long = |account: &'static str, app: &'static str| ParticipantPath {
        owner: Some((account.into(), app.into())),
        ..short()
    };
    let meeting = |id: &'static str| ParticipantPath {
        meeting: id.into(),
        ..short()
    };
    let participant = |id: &'static str| ParticipantPath {
        participant: id.into(),
        ..short()
    };
    for (path, query, status, named) in [
        (long("account2", "app1"), None, 403, "account_id"),
        (long("account1", "app3"), None, 403, "app_id"),
        (long("acc/ount", "app1"), None, 400, "/account_id"),
        (long("account1", ".."), None, 400, "/app_id"),
        (meeting("x"), None, 400, "/meeting_id"),
        (participant(""), None, 400, "/participant_id"),
        (participant("../x"), None, 400, "/participant_id"),
        (short(), Some("kick=yes"), 400, "/kick"),
        (short(), Some("kick=true&kick=false"), 400, "/kick"),
        (short(), Some("kik=true"), 400, "\"/kik\""),
    ] {
        let run = run_with(TOKEN, &path, query, &Script::new([]));
        assert_eq!(run.answer.status, status, "{path:?} {query:?}");
        assert!(run.answer.body.contains(named), "{}", run.answer.body);
        assert!(run.deleted.is_none());
    }
}

#[test]
fn a_stranger_learns_nothing_of_what_is_served() {
    let wrong = ParticipantPath {
        owner: Some(("account2".into(), "..".into())),
        ..short()
    };
    let run = run_with(
        "fedcba9876543210fedcba9876543210",
        &wrong,
        Some("x"),
        &Script::new([]),
    );
    assert_eq!(run.answer.status, 401);
    assert_eq!(run.log.caller, None);
}
