//! Starting the stand-in, and a small HTTP client that shows how a response ended.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub const TOKEN: &str = "sim-api-token-0123456789abcdef";
pub const KIT: &str = "/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/sim-app";

/// A running stand-in; it ends with the test.
pub struct StandIn {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub origin: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A response with its body, or how the body broke off.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Result<Bytes, String>,
}

impl StandIn {
    pub fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_realtimekit-sim"))
            .args(["--port", "0", "--exit-with-stdin"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let origin = line
            .strip_prefix("listening on ")
            .expect(&line)
            .trim()
            .to_owned();
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            child,
            stdout,
            origin,
            client,
        }
    }

    /// Sends a request with these headers; returns an error if the connection gave no response.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        let exchange = async {
            let answer = self
                .client
                .request(request)
                .await
                .map_err(|error| error.to_string())?;
            let (parts, body) = answer.into_parts();
            let body = body
                .collect()
                .await
                .map(http_body_util::Collected::to_bytes);
            let body = body.map_err(|error| error.to_string());
            Ok(Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            })
        };
        tokio::time::timeout(Duration::from_secs(20), exchange)
            .await
            .map_err(|_| "timed out".to_owned())?
    }

    /// Calls the API below the app's prefix, with the token.
    pub async fn kit(&self, method: &str, path: &str, body: &str) -> Answer {
        self.try_kit(method, path, body).await.unwrap()
    }

    pub async fn try_kit(&self, method: &str, path: &str, body: &str) -> Result<Answer, String> {
        let authorization = format!("Bearer {TOKEN}");
        self.send(
            method,
            &format!("{KIT}{path}"),
            &[("authorization", &authorization)],
            body,
        )
        .await
    }

    /// Makes a control call that must succeed.
    pub async fn sim(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self
            .send(method, &format!("/sim{path}"), &[], body)
            .await
            .unwrap();
        assert_eq!(
            answer.status, 200,
            "{method} /sim{path} {body}: {:?}",
            answer.body
        );
        answer.json()
    }

    /// Makes a control call that must be refused with this status; returns its error message.
    pub async fn sim_refuses(&self, method: &str, path: &str, body: &str, status: u16) -> String {
        let answer = self
            .send(method, &format!("/sim{path}"), &[], body)
            .await
            .unwrap();
        assert_eq!(
            answer.status, status,
            "{method} /sim{path} {body}: {:?}",
            answer.body
        );
        answer.json()["error"].as_str().unwrap().to_owned()
    }

    /// Creates a meeting with this many participants; returns its id and theirs, oldest first.
    pub async fn meeting(&self, participants: usize) -> (String, Vec<String>) {
        let filled = self
            .sim(
                "POST",
                "/fill",
                &format!(r#"{{"participants_per_meeting":{participants}}}"#),
            )
            .await;
        let meeting = &filled["meetings"][0];
        (
            text(&meeting["id"]),
            meeting["participants"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect(),
        )
    }

    pub async fn counts(&self) -> Value {
        self.sim("GET", "/state", "").await["counts"].clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body.as_ref().unwrap()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the code and message of `RealtimeKit`'s own error.
    pub fn kit_error(&self) -> (i64, String) {
        let json = self.json();
        assert_eq!(json["success"], false);
        assert!(json.get("errors").is_none());
        (
            json["error"]["code"].as_i64().unwrap(),
            text(&json["error"]["message"]),
        )
    }

    /// Returns the code and message of the gateway's error.
    pub fn v4_error(&self) -> (i64, String) {
        let json = self.json();
        assert_eq!(json["success"], false);
        assert_eq!(json["result"], Value::Null);
        assert_eq!(json["messages"], serde_json::json!([]));
        assert!(json.get("error").is_none());
        let error = &json["errors"][0];
        (error["code"].as_i64().unwrap(), text(&error["message"]))
    }
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// Returns the ids of a list's rows.
pub fn ids(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().unwrap();
    rows.iter().map(|row| text(&row["id"])).collect()
}

/// Returns the names of an object's fields, in alphabetical order.
pub fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}
