//! Large accounts and many requests.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{StandIn, text};

#[tokio::test]
async fn an_account_of_20_000_participants_is_there_at_once() {
    let sim = StandIn::start(&[]);
    let begun = Instant::now();
    let filled = sim
        .sim(
            "POST",
            "/fill",
            r#"{"meetings":2000,"participants_per_meeting":10,
                "user":{"custom_participant_id":"u-erase","in_meetings":200,"copies":2}}"#,
        )
        .await;
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(filled["participants"], 20_400);
    let meetings: HashSet<_> = filled["user"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| text(&r["meeting_id"]))
        .collect();
    assert_eq!(meetings.len(), 200);
    let counts = sim.counts().await;
    assert_eq!(
        (&counts["meetings"], &counts["participants"]),
        (&json!(2000), &json!(20_400))
    );
    let state = sim
        .sim("GET", "/state?custom_participant_id=u-erase", "")
        .await;
    assert_eq!(state["records"], filled["user"]);
    let record = &state["records"][7];
    let path = format!(
        "/meetings/{}/participants/{}",
        text(&record["meeting_id"]),
        text(&record["participant_id"])
    );
    assert_eq!(
        sim.kit("GET", &path, "").await.json()["data"]["custom_participant_id"],
        "u-erase"
    );
    assert_eq!(sim.kit("DELETE", &path, "").await.status, 200);
    let state = sim
        .sim("GET", "/state?custom_participant_id=u-erase", "")
        .await;
    assert_eq!(state["records"].as_array().unwrap().len(), 399);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_requests_are_answered_and_logged() {
    const EACH: u64 = 250;
    let sim = Arc::new(StandIn::start(&[]));
    sim.sim("POST", "/limits", r#"{"enabled":false}"#).await;
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let sim = sim.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    assert_eq!(sim.kit("GET", "/meetings", "").await.status, 200);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let log = sim.sim("GET", "/requests", "").await;
    assert_eq!(log["next"], 16 * EACH + 1);
    let requests = log["requests"].as_array().unwrap();
    assert!(
        requests
            .iter()
            .zip(1..)
            .all(|(request, n)| request["n"] == n && request["status"] == 200)
    );
}
