//! Each fault: what the client sees, and whether the request took effect.

use serde_json::{Value, json};

use crate::client::{Answer, StandIn};

/// Returns the response to a DELETE under this fault, and whether the participant is gone afterwards.
pub async fn delete_under(sim: &StandIn, fault: &str) -> (Result<Answer, String>, bool) {
    let (meeting, participants) = sim.meeting(1).await;
    let path = format!("/meetings/{meeting}/participants/{}", participants[0]);
    let rule = format!(r#"{{"match":{{"method":"DELETE"}},"fault":{fault}}}"#);
    sim.sim("POST", "/faults", &rule).await;
    let answer = sim.try_kit("DELETE", &path, "").await;
    assert_eq!(
        sim.sim("GET", "/faults", "").await["faults"],
        json!([]),
        "{fault} has fired"
    );
    (answer, sim.kit("GET", &path, "").await.status == 404)
}

#[tokio::test]
async fn a_broken_connection_comes_before_or_after_the_effect() {
    let sim = StandIn::start(&[]);
    for (fault, effect) in [
        (r#"{"kind":"drop_before"}"#, false),
        (r#"{"kind":"drop_after"}"#, true),
    ] {
        let (answer, gone) = delete_under(&sim, fault).await;
        assert!(answer.is_err(), "{fault}: {answer:?}");
        assert_eq!(gone, effect, "{fault}");
    }
    let log = sim.sim("GET", "/requests?method=DELETE", "").await;
    for request in log["requests"].as_array().unwrap() {
        assert_eq!(request["status"], Value::Null);
    }
}

#[tokio::test]
async fn a_truncated_body_ends_before_its_content_length() {
    let sim = StandIn::start(&[]);
    let (answer, gone) = delete_under(&sim, r#"{"kind":"truncate_body","missing":10}"#).await;
    let answer = answer.unwrap();
    assert!(gone && answer.status == 200);
    assert!(answer.body.is_err(), "{answer:?}");
    assert!(answer.header("content-length").is_some());
}

/// Fault, status, content type, whether the body is JSON, whether the participant is gone.
type Spoilt = (&'static str, u16, &'static str, bool, bool);

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const SPOILT: [Spoilt; 8] = [
    (r#"{"kind":"broken_json"}"#, 200, JSON, false, true),
    (
        r#"{"kind":"broken_json","effect":false}"#,
        200,
        JSON,
        false,
        false,
    ),
    (r#"{"kind":"html"}"#, 200, HTML, false, true),
    (
        r#"{"kind":"html","status":502,"effect":false}"#,
        502,
        HTML,
        false,
        false,
    ),
    (r#"{"kind":"success_false"}"#, 200, JSON, true, false),
    (r#"{"kind":"status","status":503}"#, 503, JSON, true, false),
    (
        r#"{"kind":"status","status":500,"effect":true}"#,
        500,
        JSON,
        true,
        true,
    ),
    (
        r#"{"kind":"status","status":502,"body":"<nothing>"}"#,
        502,
        JSON,
        false,
        false,
    ),
];

#[tokio::test]
async fn answers_outside_the_contract_come_as_asked_for() {
    let sim = StandIn::start(&[]);
    for (fault, status, content_type, is_json, effect) in SPOILT {
        let (answer, gone) = delete_under(&sim, fault).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, gone), (status, effect), "{fault}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{fault}");
        let body: Result<Value, _> = serde_json::from_slice(answer.body.as_ref().unwrap());
        assert_eq!(body.is_ok(), is_json, "{fault}");
        assert!(
            body.is_err() || body.unwrap()["success"] == false,
            "{fault}"
        );
        assert!(answer.header("cf-ray").is_some(), "{fault}");
    }
}

#[tokio::test]
async fn no_content_has_no_body() {
    let sim = StandIn::start(&[]);
    let (answer, gone) = delete_under(&sim, r#"{"kind":"no_content"}"#).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status, answer.body.unwrap().len(), gone),
        (204, 0, true)
    );
}

#[tokio::test]
async fn a_status_has_the_envelope_of_whoever_would_answer_it() {
    let sim = StandIn::start(&[]);
    for status in [401, 403, 429] {
        let (answer, _) =
            delete_under(&sim, &format!(r#"{{"kind":"status","status":{status}}}"#)).await;
        assert_eq!(answer.unwrap().v4_error().0, status);
    }
    for status in [400, 404, 409, 500, 503] {
        let (answer, _) =
            delete_under(&sim, &format!(r#"{{"kind":"status","status":{status}}}"#)).await;
        assert_eq!(answer.unwrap().kit_error().0, status);
    }
    let fault = json!({"kind": "status", "status": 404, "shape": "v4", "code": 7, "message": "gone",
        "headers": {"retry-after": "300", "ratelimit": "\"default\";r=3;t=10", "cf-ray": "my-ray"}});
    let answer = delete_under(&sim, &fault.to_string()).await.0.unwrap();
    assert_eq!(answer.v4_error(), (7, "gone".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("300"));
    assert_eq!(answer.header("ratelimit"), Some("\"default\";r=3;t=10"));
    assert_eq!(answer.header("cf-ray"), Some("my-ray"));
    let fault =
        json!({"kind": "status", "status": 422, "body": {"success": false, "error": "text"}});
    let answer = delete_under(&sim, &fault.to_string()).await.0.unwrap();
    assert_eq!(answer.json(), json!({"success": false, "error": "text"}));
}

#[tokio::test]
async fn a_redirect_names_its_location() {
    let sim = StandIn::start(&[]);
    for status in [301, 302, 303, 307, 308] {
        let fault = json!({"kind": "redirect", "status": status, "location": "http://127.0.0.1:9/elsewhere"});
        let (answer, gone) = delete_under(&sim, &fault.to_string()).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, gone), (status, false));
        assert_eq!(
            answer.header("location"),
            Some("http://127.0.0.1:9/elsewhere")
        );
    }
}

#[tokio::test]
async fn an_oversized_body_is_well_formed_and_as_long_as_asked_for() {
    let sim = StandIn::start(&[]);
    let bytes = 1_000_003;
    for (content_length, header) in [(true, Some("1000003")), (false, None)] {
        let fault = json!({"kind": "oversize", "bytes": bytes, "content_length": content_length});
        let (answer, gone) = delete_under(&sim, &fault.to_string()).await;
        let answer = answer.unwrap();
        assert_eq!(answer.header("content-length"), header);
        assert_eq!((answer.body.as_ref().unwrap().len(), gone), (bytes, true));
        assert_eq!(answer.json()["success"], true);
    }
}
