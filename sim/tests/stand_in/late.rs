//! Late and missing responses.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::StandIn;
use crate::faults::delete_under;

#[tokio::test]
async fn a_late_answer_is_normal_and_comes_true_even_if_nobody_waits() {
    let sim = StandIn::start(&[]);
    let begun = Instant::now();
    let (answer, gone) = delete_under(&sim, r#"{"kind":"latency","ms":300}"#).await;
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!((answer.unwrap().status, gone), (200, true));

    let (meeting, participants) = sim.meeting(1).await;
    let path = format!("/meetings/{meeting}/participants/{}", participants[0]);
    let rule = r#"{"match":{"method":"DELETE"},"fault":{"kind":"latency","ms":8000}}"#;
    sim.sim("POST", "/faults", rule).await;
    // By then the request has arrived, and nobody is waiting for its response any more.
    let begun = Instant::now();
    let patience = Duration::from_secs(3);
    let impatient = tokio::time::timeout(patience, sim.try_kit("DELETE", &path, ""));
    assert!(impatient.await.is_err());
    while sim.kit("GET", &path, "").await.status == 200 {
        assert!(begun.elapsed() < Duration::from_mins(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        begun.elapsed() > Duration::from_millis(7_900),
        "not before its time"
    );
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
            tokio::time::timeout(Duration::from_secs(3), sim.try_kit("DELETE", &path, ""));
        assert!(
            waiting.await.is_err(),
            "no answer, and the connection is left open"
        );
        assert_eq!(sim.kit("GET", &path, "").await.status == 404, effect);
    }
}
