//! Asking the Worker for a removal: over http on this machine with ureq; over https with curl.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use super::curl;
use crate::address::Address;

/// How long the Worker waits for a change before it responds, in seconds.
const WAIT_SECONDS: u64 = 25;
/// How long it may take beyond that.
const TIMEOUT_SECONDS: u64 = 30;

/// The result of asking.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// The body of a 200.
    Answer(String),
    /// A response that would not change on a retry, as a message.
    Refused(String),
    /// A response that may differ on a retry, as a message.
    Busy(String),
    /// No response.
    Unreachable(Unreachable),
}

/// Why there was no response.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The reason, as a message.
    pub why: String,
    /// Whether a retry would hardly help.
    pub is_final: bool,
}

impl From<ureq::Error> for Unreachable {
    fn from(error: ureq::Error) -> Self {
        Self {
            why: error.to_string(),
            is_final: false,
        }
    }
}

/// A response of whatever listens there.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The URL and credentials for one removal.
pub struct Endpoint {
    base: Address,
    id: String,
    app: Option<String>,
    token: String,
}

impl Endpoint {
    /// Checks the address: over http the token is sent in the clear, so http is only for this machine.
    pub fn new(base: Address, id: String, app: Option<String>, token: String) -> Result<Self> {
        if !base.is_https() && !base.is_on_this_machine() {
            bail!("--url must be https: over http your token could be read in transit");
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if !token.bytes().all(is_plain) {
            bail!("the token has characters that none may have");
        }
        Ok(Self {
            base,
            id,
            app,
            token,
        })
    }

    /// Returns what may help where nothing answers.
    pub fn advice(&self) -> &'static str {
        if self.base.is_https() {
            "does --url name your Worker?"
        } else {
            "is `cargo xtask dev` running, and there? --url names another address"
        }
    }

    /// Asks once; with `wait`, waits for the next change.
    pub fn ask(&self, wait: bool) -> Asked {
        let wait = if wait { WAIT_SECONDS } else { 0 };
        let app = self.app.as_ref().map(|app| format!("&app_id={app}"));
        let app = app.unwrap_or_default();
        let url = format!(
            "{}/removals/{}?limit=1&wait={wait}{app}",
            self.base, self.id
        );
        let timeout = wait + TIMEOUT_SECONDS;
        let response = if self.base.is_https() {
            curl::get(&url, &self.token, timeout)
        } else {
            self.over_http(&url, timeout)
        };
        match response {
            Ok(Response { status: 200, body }) => Asked::Answer(body),
            Ok(response) if matches!(response.status, 408 | 429 | 500..=599) => {
                Asked::Busy(self.told(&response))
            }
            Ok(response) => Asked::Refused(self.told(&response)),
            Err(Unreachable { why, is_final }) => Asked::Unreachable(Unreachable {
                why: format!("{} cannot be reached: {why}", self.base),
                is_final,
            }),
        }
    }

    fn over_http(&self, url: &str, timeout_seconds: u64) -> Result<Response, Unreachable> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // The token must reach only the Worker.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(timeout_seconds)))
            .build()
            .into();
        let mut answer = agent
            .get(url)
            .header("authorization", &format!("Bearer {}", self.token))
            .call()?;
        let body = answer.body_mut().read_to_string()?;
        Ok(Response {
            status: answer.status().as_u16(),
            body,
        })
    }

    /// Describes an error response with its own message. All errors of the Worker have one.
    fn told(&self, response: &Response) -> String {
        let Response { status, body } = response;
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        match body.pointer("/errors/0/message").and_then(Value::as_str) {
            Some(message) => format!("the Worker answered {status}: {message}"),
            None => format!(
                "{} answered {status}, and not as this Worker does: does --url name it?",
                self.base
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    /// Answers one request with a status line and a body; returns its address and, once joined, the request's head.
    fn server(answer: &'static str) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(&stream).lines().map(Result::unwrap);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            stream.write_all(answer.as_bytes()).unwrap();
            head
        });
        (url, asked)
    }

    fn endpoint(url: &str) -> Result<Endpoint> {
        let base = Address::parse("--url", url)?;
        let app = Some("a".to_owned());
        Endpoint::new(base, "01M".to_owned(), app, "secret".to_owned())
    }

    #[test]
    fn a_token_goes_over_http_to_this_machine_only() {
        for url in ["http://127.0.0.1:8787", "http://[::1]", "https://x.example"] {
            assert!(endpoint(url).is_ok(), "{url}");
        }
        for url in ["http://x.example", "http://127.0.0.1.x.example"] {
            assert!(endpoint(url).is_err(), "{url}");
        }
    }

    #[test]
    fn it_asks_for_the_next_change_with_the_token() {
        let (url, asked) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        assert_eq!(
            endpoint(&url).unwrap().ask(true),
            Asked::Answer("{}".to_owned())
        );
        let head = asked.join().unwrap();
        assert_eq!(
            head[0],
            "GET /removals/01M?limit=1&wait=25&app_id=a HTTP/1.1"
        );
        assert!(
            head.iter()
                .any(|line| line.eq_ignore_ascii_case("authorization: Bearer secret"))
        );
    }

    #[test]
    fn what_cannot_change_is_told_from_what_may() {
        let (url, _asked) = server(
            "HTTP/1.1 404 Not Found\r\ncontent-length: 42\r\n\r\n{\"errors\":[{\"message\":\"no such removal\"}]} ",
        );
        let refused = endpoint(&url).unwrap().ask(false);
        assert_eq!(
            refused,
            Asked::Refused("the Worker answered 404: no such removal".to_owned())
        );
        let (url, _asked) = server("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
        let Asked::Busy(busy) = endpoint(&url).unwrap().ask(false) else {
            panic!("a 503 is no refusal");
        };
        assert!(busy.contains("does --url name it?"), "{busy}");
        assert!(matches!(
            endpoint("http://127.0.0.1:1").unwrap().ask(false),
            Asked::Unreachable(Unreachable {
                is_final: false,
                ..
            })
        ));
    }
}
