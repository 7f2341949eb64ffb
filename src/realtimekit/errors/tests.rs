//! The meaning of each answer.

use super::*;

fn of(status: u16, body: &str) -> Result<String, ApiError> {
    classify(&mut RawAnswer {
        status,
        body: Some(body.to_owned()),
        ..RawAnswer::default()
    })
}

const NOT_FOUND: &str = r#"{"success":false,"error":{"code":4040,"message":"No user found"}}"#;

#[test]
fn every_status_has_its_meaning() {
    let table: &[(u16, bool, bool)] = &[
        // status, transient, ambiguous
        (301, false, false),
        (307, false, false),
        (400, false, false),
        (401, false, false),
        (403, false, false),
        (404, false, false),
        (408, true, false),
        (422, false, false),
        (429, true, false),
        (500, true, true),
        (501, false, true),
        (502, true, true),
        (503, true, true),
        (504, true, true),
        (520, false, true),
    ];
    for (status, transient, ambiguous) in table {
        let error = of(*status, NOT_FOUND).unwrap_err();
        assert_eq!(
            (error.is_transient(), error.is_ambiguous()),
            (*transient, *ambiguous),
            "{status}"
        );
    }
    assert_eq!(of(200, "x").as_deref(), Ok("x"));
    let lost = ApiError::NoAnswer(TransportError::Broken);
    assert!(lost.is_transient() && lost.is_ambiguous());
}

#[test]
fn a_rejection_keeps_status_code_and_message() {
    let error = of(404, NOT_FOUND).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error,
        ApiError::Rejected {
            status: 404,
            code: 4040,
            message: "No user found".to_owned(),
            retry_after: None
        }
    );
}

#[test]
fn an_account_or_app_that_is_unknown_is_not_an_absent_participant() {
    let body = r#"{"success":false,"errors":[{"code":7003,"message":"Could not route to /x, perhaps your object identifier is invalid?"}],"messages":[],"result":null}"#;
    let error = of(404, body).unwrap_err();
    assert!(error.is_no_route() && !error.is_not_found());
    assert!(!error.is_transient() && !error.is_ambiguous());
}

#[test]
fn a_proxys_404_is_not_an_absent_participant() {
    assert!(
        !of(404, "<html>404 Not Found</html>")
            .unwrap_err()
            .is_not_found()
    );
    assert!(!of(404, "").unwrap_err().is_not_found());
}

#[test]
fn a_408_needs_no_body() {
    for body in ["", "<html>408 Request Time-out</html>"] {
        let error = of(408, body).unwrap_err();
        assert!(error.is_transient() && !error.is_ambiguous(), "{error:?}");
    }
}

#[test]
fn a_400_about_our_authorization_header_is_about_our_token() {
    let body = r#"{"success":false,"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}],"messages":[],"result":null}"#;
    assert_eq!(of(400, body), Err(ApiError::TokenRefused { status: 400 }));
}

#[test]
fn a_redirect_is_named_as_one() {
    assert_eq!(
        of(302, "").unwrap_err().sentence(),
        "RealtimeKit's answer breaks its contract: a redirect, which is never followed (status 302)"
    );
}

#[test]
fn an_over_long_body_is_no_answer() {
    let error = classify(&mut RawAnswer {
        status: 200,
        ..RawAnswer::default()
    })
    .unwrap_err();
    assert!(matches!(error, ApiError::InvalidResponse { status: 200, .. }) && error.is_ambiguous());
}

#[test]
fn a_sentence_never_holds_the_words_of_the_api() {
    let named = ApiError::Rejected {
        status: 422,
        code: 7,
        message: "Jane Doe is unknown".to_owned(),
        retry_after: None,
    };
    assert_eq!(
        named.describe(Some("ray-1")),
        "RealtimeKit refused the request: status 422, code 7 (cf-ray ray-1)"
    );
    let astray = of(
        404,
        r#"{"success":false,"errors":[{"code":7003,"message":"Could not route"}]}"#,
    )
    .unwrap_err();
    assert_eq!(
        astray.describe(None),
        "Cloudflare knows no such account or app: check CLOUDFLARE_ACCOUNT_ID, REALTIMEKIT_APP_IDS and CLOUDFLARE_API_BASE_URL"
    );
}
