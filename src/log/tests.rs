use super::*;
use crate::ledger::{Progress, RemovalId, RemovalState};

#[test]
fn a_line_is_one_json_object_without_what_is_not_known() {
    let log = RequestLog {
        request_id: "r".to_owned(),
        route: Some("GET /healthz"),
        status: 200,
        milliseconds: 3,
        ..RequestLog::default()
    };
    assert_eq!(
        log.line(),
        r#"{"message":"request","request.id":"r","request.route":"GET /healthz","response.status":200,"duration_ms":3}"#
    );
}

#[test]
fn a_request_that_the_configuration_refuses_says_why() {
    let mut log = RequestLog::new("r".to_owned());
    log.misconfigured(&[ConfigProblem {
        name: "CALLER_TOKENS".to_owned(),
        message: "is missing".to_owned(),
    }]);
    assert!(
        log.line()
            .contains(r#""config.problems":["CALLER_TOKENS is missing"]"#)
    );
}

fn removal() -> RemovalView {
    RemovalView {
        id: RemovalId::parse("01KX7Q0000ABCDEFGHJKMNPQRS").unwrap(),
        state: RemovalState::Cancelled,
        source: "api".to_owned(),
        caller: Some("desk".to_owned()),
        reason: Some("Ticket 7".to_owned()),
        kick: true,
        dry_run: true,
        targets: 1,
        target: None,
        not_before: None,
        accepted_at: 1,
        started_at: None,
        finished_at: Some(2),
        progress: Progress {
            meetings_total: 11,
            meetings_scanned: 12,
            found: 13,
            removed: 14,
            already_absent: 15,
            absent_after_ambiguous: 16,
            failed: 17,
            requests: 18,
        },
        last_error: Some("the last error".to_owned()),
        kick_error: Some("the kick's error".to_owned()),
        cancelled_by: Some("billing".to_owned()),
        retried_by: Some("backend".to_owned()),
        estimated_seconds_left: None,
        pause: None,
        revision: 1,
    }
}

#[test]
fn the_end_of_a_removal_is_logged_with_everything_that_is_known_of_it() {
    let app = AppId::parse("app1").unwrap();
    assert_eq!(
        end_line(&app, &removal()),
        concat!(
            r#"{"message":"removal","removal.id":"01KX7Q0000ABCDEFGHJKMNPQRS","removal.state":"cancelled","#,
            r#""app.id":"app1","source":"api","caller":"desk","cancelled_by":"billing","retried_by":"backend","dry_run":true,"#,
            r#""found":13,"removed":14,"already_absent":15,"absent_after_ambiguous":16,"failed":17,"#,
            r#""api_requests":18,"kick_error":"the kick's error","last_error":"the last error"}"#
        )
    );
}
