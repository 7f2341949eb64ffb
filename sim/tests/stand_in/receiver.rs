//! A webhook receiver, and the verification of signatures.

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
pub struct Receiver {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    pub async fn start(statuses: &[u16]) -> (Self, String) {
        let receiver = Self::default();
        receiver.statuses.lock().unwrap().extend(statuses);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    pub fn take(&self) -> Vec<(HeaderMap, Bytes)> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.received.lock().unwrap().push((headers, body));
    let status = receiver.statuses.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}

/// Returns the deliveries once none is in progress.
pub async fn settled(sim: &StandIn) -> Vec<Value> {
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

pub async fn public_key(sim: &StandIn) -> VerifyingKey<Sha256> {
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

pub fn holds(key: &VerifyingKey<Sha256>, body: &[u8], signature: &str) -> bool {
    let signature = STANDARD.decode(signature).unwrap();
    key.verify(body, &Signature::try_from(signature.as_slice()).unwrap())
        .is_ok()
}
