//! Large accounts and many requests.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use crate::client::{StandIn, text};

const LARGE: &str = r#"{"meetings":2000,"participants_per_meeting":10,
    "user":{"custom_participant_id":"u-erase","in_meetings":200,"copies":2}}"#;

#[tokio::test]
async fn an_account_of_20_000_participants_is_filled_by_one_call() {
    let sim = StandIn::start(&[]);
    let filled = sim.sim("POST", "/fill", LARGE).await;
    assert_eq!(filled["participants"], 20_400);
    let records = filled["user"].as_array().unwrap();
    let meetings: HashSet<_> = records.iter().map(|r| text(&r["meeting_id"])).collect();
    assert_eq!((records.len(), meetings.len()), (400, 200));
    let counts = sim.counts().await;
    assert_eq!(
        (&counts["meetings"], &counts["participants"]),
        (&json!(2000), &json!(20_400))
    );
}

#[tokio::test]
async fn a_users_records_are_found_and_go_one_by_one() {
    let sim = StandIn::start(&[]);
    let filled = sim
        .sim("POST", "/fill", &LARGE.replace("2000", "300"))
        .await;
    let records = async || {
        let state = sim
            .sim("GET", "/state?custom_participant_id=u-erase", "")
            .await;
        state["records"].clone()
    };
    assert_eq!(records().await, filled["user"]);
    let record = &filled["user"][7];
    let (meeting, id) = (text(&record["meeting_id"]), text(&record["participant_id"]));
    let path = format!("/meetings/{meeting}/participants/{id}");
    let read = sim.kit("GET", &path, "").await.json();
    assert_eq!(read["data"]["custom_participant_id"], "u-erase");
    assert_eq!(sim.kit("DELETE", &path, "").await.status, 200);
    assert_eq!(records().await.as_array().unwrap().len(), 399);
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
