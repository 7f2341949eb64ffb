//! Asking the Worker for a removal: over http on this machine with ureq; over https with curl, which uses the system's
//! certificates and saves every build of these commands a TLS library.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// How long the Worker waits for a change before it responds, in seconds.
const WAIT_SECONDS: u64 = 25;
const TIMEOUT_SECONDS: u64 = WAIT_SECONDS + 30;

/// The result of asking.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// The body of a 200.
    Answer(String),
    /// A response that would not change on a retry, as a message.
    Refused(String),
    /// No response, or one that may differ on a retry.
    Nothing(String),
}

/// The URL and credentials for one removal.
pub struct Endpoint {
    url: String,
    app: Option<String>,
    token: String,
}

impl Endpoint {
    /// Checks the URL: over http the token is sent in the clear, so http is only for this machine.
    pub fn new(base: &str, id: &str, app: Option<&str>, token: String) -> Result<Self> {
        let base = base.trim_end_matches('/');
        let host = base.strip_prefix("http://").map(|rest| {
            let authority = rest.split('/').next().unwrap_or_default();
            authority
                .rsplit_once(':')
                .map_or(authority, |(host, port)| {
                    if port.ends_with(']') { authority } else { host }
                })
        });
        match host {
            Some("127.0.0.1" | "localhost" | "[::1]") => {}
            Some(_) => bail!("--url must be https: over http your token could be read in transit"),
            None if base.starts_with("https://") => {}
            None => bail!("--url must begin with https://"),
        }
        let printable = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        };
        if !printable(base) || !printable(&token) {
            bail!("the URL or the token has characters that neither may have");
        }
        Ok(Self {
            url: format!("{base}/removals/{id}"),
            app: app.map(str::to_owned),
            token,
        })
    }

    /// Asks once; with `wait`, waits for the next change.
    pub fn ask(&self, wait: bool) -> Asked {
        let app = self.app.as_ref().map(|app| format!("&app_id={app}"));
        let wait = if wait { WAIT_SECONDS } else { 0 };
        let url = format!(
            "{}?limit=1&wait={wait}{}",
            self.url,
            app.unwrap_or_default()
        );
        let answered = if url.starts_with("https://") {
            self.over_curl(&url)
        } else {
            self.over_ureq(&url)
        };
        match answered {
            Ok((200, body)) => Asked::Answer(body),
            Ok((status @ (408 | 429 | 500..=599), body)) => Asked::Nothing(told(status, &body)),
            Ok((status, body)) => Asked::Refused(told(status, &body)),
            Err(error) => Asked::Nothing(format!("{error:#}")),
        }
    }

    fn over_ureq(&self, url: &str) -> Result<(u16, String)> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // The token must reach only the Worker.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(TIMEOUT_SECONDS)))
            .build()
            .into();
        let mut answer = agent
            .get(url)
            .header("authorization", &format!("Bearer {}", self.token))
            .call()
            .with_context(|| format!("{} does not answer", self.url))?;
        let body = answer.body_mut().read_to_string()?;
        Ok((answer.status().as_u16(), body))
    }

    /// The token is passed over standard input: everyone on the machine can read a command line.
    fn over_curl(&self, url: &str) -> Result<(u16, String)> {
        let mut curl = Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                "--config",
                "-",
                "--proto",
                "=https",
            ])
            .args([
                "--max-time",
                &TIMEOUT_SECONDS.to_string(),
                "--write-out",
                "\n%{http_code}",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run curl, which https needs: install it")?;
        let config = format!(
            "url = \"{url}\"\nheader = \"Authorization: Bearer {}\"\n",
            self.token
        );
        if let Some(mut stdin) = curl.stdin.take() {
            stdin
                .write_all(config.as_bytes())
                .context("cannot tell curl what to do")?;
        }
        let output = curl.wait_with_output().context("curl did not end")?;
        if !output.status.success() {
            bail!(
                "{}",
                String::from_utf8_lossy(&output.stderr).trim().to_owned()
            );
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let (body, status) = text.rsplit_once('\n').context("curl told no status")?;
        Ok((
            status.trim().parse().context("curl told no status")?,
            body.to_owned(),
        ))
    }
}

/// Describes an error response, with its own message if it has one.
fn told(status: u16, body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let message = body.pointer("/errors/0/message").and_then(Value::as_str);
    format!(
        "the Worker answered {status}: {}",
        message.unwrap_or("without a reason")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
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
        Endpoint::new(url, "01M", Some("a"), "secret".to_owned())
    }

    #[test]
    fn a_token_goes_over_http_to_this_machine_only() {
        for url in [
            "http://127.0.0.1:8787",
            "http://localhost",
            "http://[::1]:1",
            "http://[::1]",
            "https://x.example/",
        ] {
            assert!(endpoint(url).is_ok(), "{url}");
        }
        for url in [
            "http://x.example",
            "http://127.0.0.1.x.example",
            "http://127.0.0.1@x.example",
            "ftp://x",
            "x",
            "",
        ] {
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
        assert!(matches!(
            endpoint(&url).unwrap().ask(false),
            Asked::Nothing(_)
        ));
        assert!(matches!(
            endpoint("http://127.0.0.1:1").unwrap().ask(false),
            Asked::Nothing(_)
        ));
    }
}
