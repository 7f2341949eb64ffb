//! Which requests a fault hits, lists that lie, and rules that are refused.

use serde_json::json;

use crate::client::{StandIn, ids};

#[tokio::test]
async fn lists_lie_as_asked_for() {
    let sim = StandIn::start(&[]);
    let (meeting, participants) = sim.meeting(50).await;
    let newest: Vec<_> = participants.iter().rev().cloned().collect();
    let path = format!("/meetings/{meeting}/participants?page_no=2");
    for (fault, rows, start, end, total) in [
        (r#"{"kind":"short_page","rows":3}"#, 20..23, 21, 23, 50),
        (r#"{"kind":"short_page","rows":0}"#, 20..20, 0, 0, 50),
        (r#"{"kind":"shrink"}"#, 20..40, 21, 40, 40),
        (r#"{"kind":"repeat"}"#, 0..20, 21, 40, 50),
        (r#"{"kind":"wrong_paging"}"#, 20..40, 0, 0, 0),
    ] {
        let rule = format!(r#"{{"match":{{"path":"page_no=2"}},"fault":{fault}}}"#);
        sim.sim("POST", "/faults", &rule).await;
        let answer = sim.kit("GET", &path, "").await.json();
        assert_eq!(ids(&answer), newest[rows], "{fault}");
        let paging = json!({"start_offset": start, "end_offset": end, "total_count": total});
        assert_eq!(answer["paging"], paging, "{fault}");
    }
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
async fn requests_that_the_limit_refuses_leave_the_faults_for_the_others() {
    let sim = StandIn::start(&[]);
    let rule = r#"{"fault":{"kind":"status","status":503}}"#;
    sim.sim("POST", "/faults", rule).await;
    sim.sim("POST", "/limits", r#"{"requests":0}"#).await;
    assert_eq!(sim.kit("GET", "/meetings", "").await.status, 429);
    sim.sim("POST", "/limits", "").await;
    for status in [503, 200] {
        assert_eq!(sim.kit("GET", "/meetings", "").await.status, status);
    }
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
