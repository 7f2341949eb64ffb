//! Asking over https with curl, which uses the system's certificates and saves every build of these commands a TLS
//! library.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::ask::{Response, Unreachable};

/// Exit codes of curl that another attempt would not change: no URL, no TLS at this port, a certificate that is not
/// trusted, no file of trusted certificates (curl(1), EXIT CODES).
const FINAL: [i32; 4] = [3, 35, 60, 77];

/// Sends a GET request with a caller token.
pub fn get(url: &str, token: &str, timeout_seconds: u64) -> Result<Response, Unreachable> {
    let output = run(url, token, timeout_seconds)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(Unreachable {
            // The lines that follow say where to read more.
            why: message.lines().next().unwrap_or("curl failed").to_owned(),
            is_final: output
                .status
                .code()
                .is_some_and(|code| FINAL.contains(&code)),
        });
    }
    read(&output.stdout).ok_or_else(|| Unreachable {
        why: "curl told no status".to_owned(),
        is_final: false,
    })
}

/// The token is passed over standard input: everyone on the machine can read a command line.
fn run(url: &str, token: &str, timeout_seconds: u64) -> Result<Output, Unreachable> {
    let mut curl = Command::new("curl")
        // First, where it keeps curl from reading ~/.curlrc: that may send the output elsewhere, or trust anybody.
        .arg("--disable")
        .args(["--silent", "--show-error", "--config", "-"])
        .args(["--proto", "=https"])
        .args(["--max-time", &timeout_seconds.to_string()])
        .args(["--write-out", "\n%{http_code}"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Unreachable {
            why: format!("curl, which https needs, does not run ({error}): install it"),
            is_final: true,
        })?;
    let config = format!("url = \"{url}\"\nheader = \"Authorization: Bearer {token}\"\n");
    if let Some(mut stdin) = curl.stdin.take() {
        // An error means that curl has ended, and says why.
        let _ = stdin.write_all(config.as_bytes());
    }
    curl.wait_with_output().map_err(|error| Unreachable {
        why: format!("cannot wait for curl: {error}"),
        is_final: false,
    })
}

/// Reads the body and, on the last line, the status.
fn read(output: &[u8]) -> Option<Response> {
    let text = String::from_utf8_lossy(output);
    let (body, status) = text.rsplit_once('\n')?;
    Some(Response {
        status: status.trim().parse().ok()?,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_on_the_last_line() {
        let response = read(b"{\n}\n\n404").unwrap();
        assert_eq!((response.status, response.body.as_str()), (404, "{\n}\n"));
        assert!(read(b"").is_none() && read(b"{}\n").is_none());
    }
}
