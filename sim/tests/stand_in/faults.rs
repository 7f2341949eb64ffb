//! Each fault, with what the client sees and whether the request had its effect.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, StandIn, text};

/// What a DELETE under this fault gives, and whether the participant is gone afterwards.
async fn delete_under(sim: &StandIn, fault: &str) -> (Result<Answer, String>, bool) {
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

#[tokio::test]
async fn answers_outside_the_contract_come_as_asked_for() {
    let sim = StandIn::start(&[]);
    // Fault, status, content type, whether the body is JSON, whether the participant is gone.
    let cases = [
        (
            r#"{"kind":"broken_json"}"#,
            200,
            "application/json",
            false,
            true,
        ),
        (
            r#"{"kind":"broken_json","effect":false}"#,
            200,
            "application/json",
            false,
            false,
        ),
        (
            r#"{"kind":"html"}"#,
            200,
            "text/html; charset=utf-8",
            false,
            true,
        ),
        (
            r#"{"kind":"html","status":502,"effect":false}"#,
            502,
            "text/html; charset=utf-8",
            false,
            false,
        ),
        (
            r#"{"kind":"success_false"}"#,
            200,
            "application/json",
            true,
            false,
        ),
        (
            r#"{"kind":"status","status":503}"#,
            503,
            "application/json",
            true,
            false,
        ),
        (
            r#"{"kind":"status","status":500,"effect":true}"#,
            500,
            "application/json",
            true,
            true,
        ),
        (
            r#"{"kind":"status","status":502,"body":"<nothing>"}"#,
            502,
            "application/json",
            false,
            false,
        ),
    ];
    for (fault, status, content_type, is_json, effect) in cases {
        let (answer, gone) = delete_under(&sim, fault).await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, Some(content_type)),
            "{fault}"
        );
        let body: Result<Value, _> = serde_json::from_slice(answer.body.as_ref().unwrap());
        assert_eq!(body.is_ok(), is_json, "{fault}");
        assert!(
            body.is_err() || body.unwrap()["success"] == false,
            "{fault}"
        );
        assert_eq!(gone, effect, "{fault}");
        assert!(answer.header("cf-ray").is_some());
    }
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

#[tokio::test]
async fn a_late_answer_is_normal_and_comes_true_even_if_nobody_waits() {
    let sim = StandIn::start(&[]);
    let begun = Instant::now();
    let (answer, gone) = delete_under(&sim, r#"{"kind":"latency","ms":300}"#).await;
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!((answer.unwrap().status, gone), (200, true));

    let (meeting, participants) = sim.meeting(1).await;
    let path = format!("/meetings/{meeting}/participants/{}", participants[0]);
    sim.sim(
        "POST",
        "/faults",
        r#"{"fault":{"kind":"latency","ms":300}}"#,
    )
    .await;
    let impatient =
        tokio::time::timeout(Duration::from_millis(50), sim.try_kit("DELETE", &path, ""));
    assert!(impatient.await.is_err());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(sim.kit("GET", &path, "").await.status, 404);
}

#[tokio::test]
async fn a_hanging_request_has_no_answer() {
    let sim = StandIn::start(&[]);
    for effect in [false, true] {
        let (meeting, participants) = sim.meeting(1).await;
        let path = format!("/meetings/{meeting}/participants/{}", participants[0]);
        sim.sim(
            "POST",
            "/faults",
            &json!({"delay_ms": 20, "fault": {"kind": "hang", "effect": effect}}).to_string(),
        )
        .await;
        let waiting =
            tokio::time::timeout(Duration::from_secs(1), sim.try_kit("DELETE", &path, ""));
        assert!(
            waiting.await.is_err(),
            "no answer, and the connection is left open"
        );
        assert_eq!(sim.kit("GET", &path, "").await.status == 404, effect);
    }
}

#[tokio::test]
async fn lists_lie_as_asked_for() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(50).await;
    let newest: Vec<_> = participants.iter().rev().cloned().collect();
    let page_2_under = async |fault: Value| {
        sim.sim(
            "POST",
            "/faults",
            &json!({"match": {"path": "page_no=2"}, "fault": fault}).to_string(),
        )
        .await;
        let answer = sim
            .kit(
                "GET",
                &format!("/meetings/{meeting}/participants?page_no=2"),
                "",
            )
            .await
            .json();
        let ids: Vec<_> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| text(&row["id"]))
            .collect();
        (ids, answer["paging"].clone())
    };
    let (rows, paging) = page_2_under(json!({"kind": "short_page", "rows": 3})).await;
    assert_eq!(
        (rows, &paging["total_count"]),
        (newest[20..23].to_vec(), &json!(50))
    );
    let (rows, paging) = page_2_under(json!({"kind": "shrink"})).await;
    assert_eq!(
        (rows, &paging["total_count"]),
        (newest[20..40].to_vec(), &json!(40))
    );
    let (rows, paging) = page_2_under(json!({"kind": "repeat"})).await;
    assert_eq!(
        (rows, &paging["start_offset"]),
        (newest[..20].to_vec(), &json!(21))
    );
    let (rows, paging) = page_2_under(json!({"kind": "wrong_paging"})).await;
    assert_eq!(rows, newest[20..40]);
    assert_eq!(
        paging,
        json!({"start_offset": 0, "end_offset": 0, "total_count": 0})
    );
}

#[tokio::test]
async fn faults_are_for_requests_that_get_through_and_for_the_key() {
    let sim = StandIn::start(&[]);
    sim.sim(
        "POST",
        "/faults",
        r#"[{"times":2,"fault":{"kind":"status","status":503}}]"#,
    )
    .await;
    assert_eq!(
        sim.send("GET", "/client/v4/x", &[], "")
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(sim.kit("GET", "/meetings", "").await.status, 503);
    let left = sim.sim("GET", "/faults", "").await;
    assert_eq!(
        (&left["faults"][0]["fired"], &left["faults"][0]["times"]),
        (&json!(1), &json!(2))
    );
    let key = sim
        .send("GET", "/.well-known/webhooks.json", &[], "")
        .await
        .unwrap();
    assert_eq!(key.status, 503);
    sim.sim("POST", "/faults", r#"{"times":0,"fault":{"kind":"html"}}"#)
        .await;
    sim.sim("DELETE", "/faults", "").await;
    assert_eq!(
        sim.kit("GET", "/meetings", "").await.header("content-type"),
        Some("application/json")
    );
}

#[tokio::test]
async fn faults_that_cannot_be_are_refused_and_none_of_their_list_is_kept() {
    let sim = StandIn::start(&[]);
    for wrong in [
        r#"{"kind":"status","status":199}"#,
        r#"{"kind":"status","status":600}"#,
        r#"{"kind":"status","status":500,"headers":{"a b":"c"}}"#,
        r#"{"kind":"status","status":500,"headers":{"a":"c\nd"}}"#,
        r#"{"kind":"redirect"}"#,
        r#"{"kind":"redirect","location":"\u0000"}"#,
        r#"{"kind":"html","status":99}"#,
        r#"{"kind":"explode"}"#,
    ] {
        let list = format!(r#"[{{"fault":{{"kind":"hang"}}}},{{"fault":{wrong}}}]"#);
        let message = sim.sim_refuses("POST", "/faults", &list, 400).await;
        assert!(message.starts_with("rule 1 is wrong: "), "{message}");
    }
    assert_eq!(sim.sim("GET", "/faults", "").await["faults"], json!([]));
}
