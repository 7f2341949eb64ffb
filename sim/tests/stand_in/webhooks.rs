//! Webhooks: their signature, their payload and the retry rules, as a receiver sees them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPublicKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::sha2::Sha256;
use rsa::signature::Verifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::client::{StandIn, text};

/// A receiver that answers with the given statuses, then 200.
#[derive(Clone, Default)]
struct Receiver {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    async fn start(statuses: &[u16]) -> (Self, String) {
        let receiver = Self::default();
        receiver.statuses.lock().unwrap().extend(statuses);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn take(&self) -> Vec<(HeaderMap, Bytes)> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.received.lock().unwrap().push((headers, body));
    let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

/// The deliveries once none is under way.
async fn settled(sim: &StandIn) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let state = sim.sim("GET", "/webhooks/deliveries", "").await;
        if state["pending"] == 0 {
            return state["deliveries"].as_array().unwrap().clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn public_key(sim: &StandIn) -> VerifyingKey<Sha256> {
    let answer = sim
        .send("GET", "/.well-known/webhooks.json", &[], "")
        .await
        .unwrap()
        .json();
    assert_eq!(
        (&answer["success"], &answer["message"]),
        (&json!(true), &json!(""))
    );
    VerifyingKey::new(
        RsaPublicKey::from_public_key_pem(&text(&answer["data"]["publicKey"])).unwrap(),
    )
}

fn holds(key: &VerifyingKey<Sha256>, body: &[u8], signature: &str) -> bool {
    let signature = STANDARD.decode(signature).unwrap();
    key.verify(body, &Signature::try_from(signature.as_slice()).unwrap())
        .is_ok()
}

#[tokio::test]
async fn a_session_is_told_from_start_to_end() {
    let (receiver, url) = Receiver::start(&[]).await;
    let sim = StandIn::start(&["--webhook-url", &url, "--organization-id", "org-1"]);
    let key = public_key(&sim).await;
    let (meeting, ids) = sim.meeting(2).await;
    let join = format!("/meetings/{meeting}/join");
    let mut events = Vec::new();
    for (path, body) in [
        (join.clone(), json!({"participant_id": ids[0]})),
        (join.clone(), json!({"participant_id": ids[1]})),
        (
            join.replace("join", "leave"),
            json!({"participant_id": ids[0]}),
        ),
        (join.replace("join", "end"), json!({})),
    ] {
        sim.sim("POST", &path, &body.to_string()).await;
        settled(&sim).await;
        let mut batch = receiver.take();
        for (headers, body) in &batch {
            assert!(holds(
                &key,
                body,
                headers["rtk-signature"].to_str().unwrap()
            ));
            let mut flipped = body.to_vec();
            flipped[10] ^= 1;
            assert!(!holds(
                &key,
                &flipped,
                headers["rtk-signature"].to_str().unwrap()
            ));
            assert!(headers.contains_key("rtk-uuid") && headers.contains_key("rtk-webhook-id"));
            assert_eq!(headers["content-type"], "application/json");
        }
        // Deliveries of one moment may overtake each other.
        batch.sort_by_key(|(_, body)| !body.starts_with(br#"{"event":"meeting.started""#));
        events.extend(
            batch
                .into_iter()
                .map(|(_, body)| serde_json::from_slice::<Value>(&body).unwrap()),
        );
    }
    events[4..].sort_by_key(|event| event["event"] == "meeting.ended");
    let names: Vec<_> = events.iter().map(|event| text(&event["event"])).collect();
    let expected = [
        "started",
        "participantJoined",
        "participantJoined",
        "participantLeft",
        "participantLeft",
        "ended",
    ];
    assert_eq!(names, expected.map(|name| format!("meeting.{name}")));
    for event in &events {
        assert_eq!(event["meeting"]["id"], meeting.as_str());
        assert_eq!(event["meeting"]["organizedBy"]["id"], "org-1");
        assert_eq!(
            event["meeting"]["sessionId"],
            events[0]["meeting"]["sessionId"]
        );
        assert!(
            !event.to_string().contains(&ids[0]),
            "the participant's id is not told"
        );
    }
    let left = &events[3]["participant"];
    assert_eq!(left["customParticipantId"], "user-1");
    assert_eq!(left["clientSpecificId"], "user-1");
    assert!(
        left["leftAt"].is_string() && left["joinedAt"].is_string() && left["peerId"].is_string()
    );
    assert_eq!(events[5]["reason"], "HOST_ENDED_MEETING");
    assert_eq!(events[5]["meeting"]["status"], "ENDED");
    assert!(events[5]["meeting"]["endedAt"].is_string());
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
    sim.sim("POST", "/webhooks/send", r#"{"body":"{\"event\":\"x\"}"}"#)
        .await;
    let results: Vec<_> = settled(&sim)
        .await
        .iter()
        .map(|d| json!([d["attempt"], d["status"], d["result"]]))
        .collect();
    assert_eq!(
        results,
        [
            json!([1, 500, "retried"]),
            json!([2, 503, "retried"]),
            json!([3, 200, "delivered"])
        ]
    );
    let calls = receiver.take();
    let header = |name: &str| {
        calls
            .iter()
            .map(|(headers, _)| headers[name].clone())
            .collect::<Vec<_>>()
    };
    let uuids = header("rtk-uuid");
    assert!(uuids[0] != uuids[1] && uuids[1] != uuids[2] && uuids[0] != uuids[2]);
    assert!(
        header("rtk-signature")
            .windows(2)
            .all(|pair| pair[0] == pair[1])
    );
    assert!(
        header("rtk-webhook-id")
            .windows(2)
            .all(|pair| pair[0] == pair[1])
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
async fn receivers_choose_their_events_and_can_be_unregistered() {
    let (all, all_url) = Receiver::start(&[]).await;
    let (some, some_url) = Receiver::start(&[]).await;
    let sim = StandIn::start(&["--webhook-url", &all_url]);
    let registration = json!({"url": some_url, "events": ["meeting.ended"]});
    sim.sim("POST", "/webhooks", &registration.to_string())
        .await;
    let filled = sim
        .sim(
            "POST",
            "/fill",
            r#"{"participants_per_meeting":3,"live":true}"#,
        )
        .await;
    assert!(settled(&sim).await.is_empty(), "a fill is silent");
    let end = format!("/meetings/{}/end", text(&filled["meetings"][0]["id"]));
    sim.sim("POST", &end, r#"{"reason":"ALL_PARTICIPANTS_LEFT"}"#)
        .await;
    settled(&sim).await;
    assert_eq!((all.take().len(), some.take().len()), (4, 1));
    let gone = sim
        .sim("DELETE", "/webhooks", &json!({"url": some_url}).to_string())
        .await;
    assert_eq!(gone["unregistered"], 1);
    sim.sim(
        "POST",
        "/webhooks/send",
        r#"{"body":"{}","event":"meeting.ended"}"#,
    )
    .await;
    settled(&sim).await;
    assert_eq!((all.take().len(), some.take().len()), (1, 0));
    assert_eq!(sim.sim("DELETE", "/webhooks", "").await["unregistered"], 1);
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
