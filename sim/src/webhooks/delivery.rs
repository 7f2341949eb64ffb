//! Delivery under `RealtimeKit`'s rules: any 2xx is success; 5xx and network errors are retried under a new `rtk-uuid`;
//! any other status is final.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::key::WebhookKey;
use super::receivers::Receiver;
use crate::clock::{Millis, now};
use crate::sim::SharedSim;
use crate::world::new_id;

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// The maximum number of concurrent deliveries; the others wait, and may overtake each other.
const AT_A_TIME: usize = 8;

/// One attempt to deliver one event to one receiver.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    /// Assigned when the attempt is recorded.
    pub(crate) n: u64,
    pub(crate) at_ms: Millis,
    pub(crate) webhook_id: String,
    pub(crate) url: String,
    pub(crate) event: String,
    /// The `rtk-uuid` of this attempt.
    pub(crate) uuid: String,
    /// Counts from 1.
    #[serde(rename = "attempt")]
    pub(crate) number: usize,
    pub(crate) body: String,
    pub(crate) signature: String,
    /// The receiver's response status; `None` if there was no response.
    pub(crate) status: Option<u16>,
    pub(crate) answer: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) result: AttemptResult,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttemptResult {
    Delivered,
    /// To be retried after a delay.
    Retried,
    /// The response is final, but not a success.
    Refused,
    /// The last attempt failed.
    GivenUp,
}

/// Sends over HTTP, a few at a time.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: HttpClient,
    permits: Arc<Semaphore>,
}

/// One event to be delivered to one receiver.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) receiver: Receiver,
    pub(super) event: String,
    pub(super) body: Bytes,
    pub(super) key: Arc<WebhookKey>,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            permits: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }
}

impl Sender {
    /// Retries until the message is delivered, refused or given up; every attempt is recorded.
    pub(super) async fn deliver(self, sim: SharedSim, delivery: Delivery) {
        let signature = sign(&delivery).await;
        for number in 1.. {
            let (delay, timeout) = {
                let settings = &sim.lock().settings;
                let delay = settings.webhook_retry_delays_ms.get(number - 1).copied();
                (delay, Duration::from_millis(settings.webhook_timeout_ms))
            };
            let uuid = new_id();
            let at_ms = now();
            let answer = self.send(&delivery, &uuid, &signature, timeout).await;
            let attempt =
                delivery.attempt(number, at_ms, uuid, &signature, answer, delay.is_some());
            let result = attempt.result;
            sim.webhooks.note(attempt);
            let Some(delay) = delay.filter(|_| result == AttemptResult::Retried) else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
    }

    /// Sends one attempt; returns the status and body of the response, or why there was none.
    async fn send(
        &self,
        delivery: &Delivery,
        uuid: &str,
        signature: &str,
        timeout: Duration,
    ) -> Result<(u16, String), String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(delivery.receiver.url.as_str())
            .header("content-type", "application/json")
            .header("rtk-signature", signature)
            .header("rtk-uuid", uuid)
            .header("rtk-webhook-id", &delivery.receiver.id)
            .body(Full::new(delivery.body.clone()))
            .map_err(|error| error.to_string())?;
        let _permit = self.permits.acquire().await;
        let exchange = async {
            let answer = self
                .client
                .request(request)
                .await
                .map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            let body = answer
                .into_body()
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            Ok((
                status,
                String::from_utf8_lossy(&body.to_bytes()).into_owned(),
            ))
        };
        tokio::time::timeout(timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} ms", timeout.as_millis())))
    }
}

impl Delivery {
    /// Builds the record of one attempt.
    fn attempt(
        &self,
        number: usize,
        at_ms: Millis,
        uuid: String,
        signature: &str,
        answer: Result<(u16, String), String>,
        tries_left: bool,
    ) -> Attempt {
        let (status, answer, error) = match answer {
            Ok((status, body)) => (Some(status), Some(body), None),
            Err(error) => (None, None, Some(error)),
        };
        Attempt {
            n: 0,
            at_ms,
            webhook_id: self.receiver.id.clone(),
            url: self.receiver.url.clone(),
            event: self.event.clone(),
            uuid,
            number,
            body: String::from_utf8_lossy(&self.body).into_owned(),
            signature: signature.to_owned(),
            status,
            answer,
            error,
            result: judge(status, tries_left),
        }
    }
}

/// Signs the body on a blocking thread, since that takes milliseconds in a debug build.
async fn sign(delivery: &Delivery) -> String {
    let (key, body) = (delivery.key.clone(), delivery.body.clone());
    let signed = tokio::task::spawn_blocking(move || key.sign(&body)).await;
    signed.unwrap_or_default()
}

/// Applies `RealtimeKit`'s retry rule.
fn judge(status: Option<u16>, tries_left: bool) -> AttemptResult {
    match status {
        Some(200..=299) => AttemptResult::Delivered,
        Some(status) if status < 500 => AttemptResult::Refused,
        _ if tries_left => AttemptResult::Retried,
        _ => AttemptResult::GivenUp,
    }
}

/// Checks that the stand-in can deliver to a URL: it speaks plain HTTP only.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let uri: Uri = url
        .parse()
        .map_err(|error| format!("{url} is not a URL: {error}"))?;
    if uri.scheme_str() == Some("http") && uri.host().is_some() {
        return Ok(());
    }
    Err(format!(
        "{url} cannot receive webhooks: it must be an absolute http:// URL"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_server_and_network_errors_are_tried_again() {
        for status in [200, 202, 204, 299] {
            assert_eq!(judge(Some(status), true), AttemptResult::Delivered);
        }
        for status in [301, 400, 401, 404, 409, 413, 429, 499] {
            assert_eq!(judge(Some(status), true), AttemptResult::Refused);
        }
        for status in [Some(500), Some(503), None] {
            assert_eq!(judge(status, true), AttemptResult::Retried);
            assert_eq!(judge(status, false), AttemptResult::GivenUp);
        }
    }

    #[test]
    fn receivers_speak_plain_http() {
        assert!(check_url("http://127.0.0.1:8787/webhooks/realtimekit").is_ok());
        for wrong in [
            "https://example.com/",
            "/webhooks",
            "ftp://example.com/",
            "not a url",
            "",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
    }
}
