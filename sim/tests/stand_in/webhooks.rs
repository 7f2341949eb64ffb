//! Webhooks as a receiver sees them: signature, payload and retry rules.

use std::collections::HashSet;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{StandIn, text};
use crate::receiver::{Receiver, holds, public_key, settled};

/// Makes a control call and returns the events it caused, with the meeting's start first and its end last.
async fn told(sim: &StandIn, receiver: &Receiver, path: &str, body: &Value) -> Vec<Value> {
    let key = public_key(sim).await;
    sim.sim("POST", path, &body.to_string()).await;
    settled(sim).await;
    let mut events = Vec::new();
    for (headers, body) in receiver.take() {
        let signature = headers["rtk-signature"].to_str().unwrap();
        assert!(holds(&key, &body, signature));
        let mut flipped = body.to_vec();
        flipped[10] ^= 1;
        assert!(!holds(&key, &flipped, signature));
        assert!(headers.contains_key("rtk-uuid") && headers.contains_key("rtk-webhook-id"));
        assert_eq!(headers["content-type"], "application/json");
        events.push(serde_json::from_slice::<Value>(&body).unwrap());
    }
    // Concurrent deliveries may overtake each other.
    let rank = |event: &Value| match event["event"].as_str() {
        Some("meeting.started") => 0,
        Some("meeting.ended") => 2,
        _ => 1,
    };
    events.sort_by_key(rank);
    events
}

fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["event"].as_str().unwrap());
    names
        .map(|name| name.strip_prefix("meeting.").unwrap())
        .collect()
}

#[tokio::test]
async fn a_session_is_told_from_start_to_end() {
    let (receiver, url) = Receiver::start(&[]).await;
    let sim = StandIn::start(&["--webhook-url", &url, "--organization-id", "org-1"]);
    let (meeting, ids) = sim.meeting(2).await;
    let path = |what: &str| format!("/meetings/{meeting}/{what}");
    let [first, second] = [0, 1].map(|n| json!({"participant_id": ids[n]}));
    let begun = told(&sim, &receiver, &path("join"), &first).await;
    assert_eq!(names(&begun), ["started", "participantJoined"]);
    let joined = told(&sim, &receiver, &path("join"), &second).await;
    assert_eq!(names(&joined), ["participantJoined"]);
    let left = told(&sim, &receiver, &path("leave"), &first).await;
    assert_eq!(names(&left), ["participantLeft"]);
    let ended = told(&sim, &receiver, &path("end"), &json!({})).await;
    assert_eq!(names(&ended), ["participantLeft", "ended"]);

    let who = &left[0]["participant"];
    assert_eq!(who["customParticipantId"], "user-1");
    assert_eq!(who["clientSpecificId"], "user-1");
    assert!(who["leftAt"].is_string() && who["joinedAt"].is_string() && who["peerId"].is_string());
    assert_eq!(ended[1]["reason"], "HOST_ENDED_MEETING");
    assert_eq!(ended[1]["meeting"]["status"], "ENDED");
    assert!(ended[1]["meeting"]["endedAt"].is_string());
    for event in [begun, joined, left, ended].iter().flatten() {
        assert_eq!(event["meeting"]["id"], meeting.as_str());
        assert_eq!(event["meeting"]["organizedBy"]["id"], "org-1");
        assert!(
            !event.to_string().contains(&ids[0]),
            "the participant's id is not told"
        );
    }
}

#[tokio::test]
async fn server_errors_are_tried_again_under_a_new_uuid() {
    let (receiver, url) = Receiver::start(&[500, 503]).await;
    let sim = StandIn::start(&["--webhook-url", &url]);
    sim.sim(
        "POST",
        "/settings",
        r#"{"webhook_retry_delays_ms":[10,10]}"#,
    )
    .await;
    sim.sim("POST", "/webhooks/send", r#"{"body":"{}"}"#).await;
    let deliveries = settled(&sim).await;
    let results: Value = deliveries
        .iter()
        .map(|d| json!([d["attempt"], d["status"], d["result"]]))
        .collect();
    assert_eq!(
        results,
        json!([
            [1, 500, "retried"],
            [2, 503, "retried"],
            [3, 200, "delivered"]
        ])
    );
    let calls = receiver.take();
    let distinct = |name: &str| {
        calls
            .iter()
            .map(|(headers, _)| headers[name].clone())
            .collect::<HashSet<_>>()
            .len()
    };
    assert_eq!((calls.len(), distinct("rtk-uuid")), (3, 3));
    assert_eq!(
        (distinct("rtk-signature"), distinct("rtk-webhook-id")),
        (1, 1)
    );
}

#[tokio::test]
async fn any_other_status_is_final_and_failing_for_long_is_given_up() {
    for (statuses, expected) in [
        (&[400][..], json!([[400, "refused"]])),
        (&[401], json!([[401, "refused"]])),
        (&[302], json!([[302, "refused"]])),
        (&[202], json!([[202, "delivered"]])),
        (
            &[500, 500, 500],
            json!([[500, "retried"], [500, "given_up"]]),
        ),
    ] {
        let (_receiver, url) = Receiver::start(statuses).await;
        let sim = StandIn::start(&["--webhook-url", &url]);
        sim.sim("POST", "/settings", r#"{"webhook_retry_delays_ms":[10]}"#)
            .await;
        sim.sim("POST", "/webhooks/send", r#"{"body":"{}"}"#).await;
        let results: Vec<_> = settled(&sim)
            .await
            .iter()
            .map(|d| json!([d["status"], d["result"]]))
            .collect();
        assert_eq!(json!(results), expected);
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again() {
    let sim = StandIn::start(&[]);
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    sim.sim("POST", "/settings", r#"{"webhook_retry_delays_ms":[10]}"#)
        .await;
    sim.sim("POST", "/webhooks", &json!({"url": url}).to_string())
        .await;
    sim.sim("POST", "/webhooks/send", r#"{"body":"{}"}"#).await;
    let deliveries = settled(&sim).await;
    let results: Vec<_> = deliveries.iter().map(|d| text(&d["result"])).collect();
    assert_eq!(results, ["retried", "given_up"]);
    assert!(
        deliveries
            .iter()
            .all(|d| d["status"].is_null() && d["error"].is_string())
    );
}

#[tokio::test]
async fn receivers_choose_their_events_and_a_fill_is_silent() {
    let (all, all_url) = Receiver::start(&[]).await;
    let (some, some_url) = Receiver::start(&[]).await;
    let sim = StandIn::start(&["--webhook-url", &all_url]);
    let registration = json!({"url": some_url, "events": ["meeting.ended"]});
    sim.sim("POST", "/webhooks", &registration.to_string())
        .await;
    let fill = r#"{"participants_per_meeting":3,"live":true}"#;
    let filled = sim.sim("POST", "/fill", fill).await;
    assert!(settled(&sim).await.is_empty());
    let end = format!("/meetings/{}/end", text(&filled["meetings"][0]["id"]));
    sim.sim("POST", &end, r#"{"reason":"ALL_PARTICIPANTS_LEFT"}"#)
        .await;
    settled(&sim).await;
    assert_eq!((all.take().len(), some.take().len()), (4, 1));
    sim.sim("POST", "/fill", &fill.replace('}', r#","webhooks":true}"#))
        .await;
    settled(&sim).await;
    assert_eq!((all.take().len(), some.take().len()), (4, 0));
}

#[tokio::test]
async fn receivers_are_unregistered_by_url_by_id_or_all() {
    let sim = StandIn::start(&[]);
    let url = |n: usize| format!("http://127.0.0.1:{n}/");
    let mut ids = Vec::new();
    for n in 1..=4 {
        let registered = sim
            .sim("POST", "/webhooks", &json!({"url": url(n)}).to_string())
            .await;
        ids.push(text(&registered["id"]));
    }
    for (which, count) in [
        (json!({"url": url(1)}), 1),
        (json!({"url": url(1)}), 0),
        (json!({"id": ids[1]}), 1),
        (json!({}), 2),
    ] {
        let gone = sim.sim("DELETE", "/webhooks", &which.to_string()).await;
        assert_eq!(gone["unregistered"], count, "{which}");
    }
    sim.sim_refuses(
        "POST",
        "/webhooks",
        r#"{"url":"https://example.com/"}"#,
        400,
    )
    .await;
}

#[tokio::test]
async fn any_body_can_be_signed_and_keys_rotate() {
    let sim = StandIn::start(&[]);
    let sign = async |body: Value| {
        text(&sim.sim("POST", "/webhooks/sign", &body.to_string()).await["signature"])
    };
    let first = public_key(&sim).await;
    assert!(holds(
        &first,
        b"{\"a\":1}",
        &sign(json!({"body": "{\"a\":1}"})).await
    ));
    assert!(holds(
        &first,
        &[0xff, 0x00],
        &sign(json!({"body_base64": "/wA="})).await
    ));
    let rotated = sim.sim("POST", "/webhooks/rotate-key", "").await;
    let second = public_key(&sim).await;
    assert_eq!(rotated["key"], 1);
    let (old, new) = (
        sign(json!({"body": "x", "key": 0})).await,
        sign(json!({"body": "x"})).await,
    );
    assert!(holds(&first, b"x", &old) && !holds(&second, b"x", &old));
    assert!(holds(&second, b"x", &new) && !holds(&first, b"x", &new));
    sim.sim_refuses("POST", "/webhooks/sign", r#"{"body":"x","key":2}"#, 404)
        .await;
    sim.sim_refuses("POST", "/webhooks/sign", "{}", 400).await;
}
