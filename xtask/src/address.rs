//! The address of a server, as an option gives it.

use std::fmt;

use anyhow::{Result, bail};
use ureq::http::Uri;

/// An address that paths can be appended to: a scheme, a host and perhaps a port and a path, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
    is_https: bool,
}

impl Address {
    /// Returns the address of a port on this machine.
    pub fn of_port(port: u16) -> Self {
        let host = "127.0.0.1".to_owned();
        Self {
            text: format!("http://{host}:{port}"),
            host,
            is_https: false,
        }
    }

    /// Checks the value of an option.
    pub fn parse(option: &str, value: &str) -> Result<Self> {
        let text = value.trim_end_matches('/');
        if text.contains(['?', '#']) {
            bail!("{option} takes an address without a query or a fragment, and not {value:?}");
        }
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        let uri: Uri = text.parse().unwrap_or_default();
        let (Some(is_https), Some(host), true) =
            (is_https(&uri), host(&uri), text.bytes().all(is_plain))
        else {
            bail!(
                "{option} takes an address such as https://participant-remover.example.workers.dev, and not {value:?}"
            );
        };
        Ok(Self {
            text: text.to_owned(),
            host,
            is_https,
        })
    }

    /// Returns whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns whether nothing sent there leaves this machine.
    pub fn is_on_this_machine(&self) -> bool {
        matches!(self.host.as_str(), "127.0.0.1" | "localhost" | "[::1]")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Returns `None` for other schemes than http and https.
fn is_https(uri: &Uri) -> Option<bool> {
    match uri.scheme_str()? {
        "http" => Some(false),
        "https" => Some(true),
        _ => None,
    }
}

/// Returns the host, if its port can be one and there is no password.
fn host(uri: &Uri) -> Option<String> {
    let authority = uri.authority()?;
    let host = authority.host();
    let port = authority.as_str().strip_prefix(host)?;
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    let good = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (good && !host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_what_is_none() {
        for (value, this_machine) in [
            ("http://127.0.0.1:8787", true),
            ("http://localhost/", true),
            ("http://[::1]:1", true),
            ("http://[::1]", true),
            ("https://x.example/below/", false),
            ("http://127.0.0.1.x.example", false),
        ] {
            let address = Address::parse("--url", value).unwrap();
            assert_eq!(address.to_string(), value.trim_end_matches('/'));
            assert_eq!(address.is_on_this_machine(), this_machine, "{value}");
            assert_eq!(address.is_https(), value.starts_with("https"), "{value}");
        }
        for value in [
            "",
            "x",
            "127.0.0.1:8787",
            "ftp://x",
            "http://",
            "http://:8787",
            "http://x:99999",
            "http://x:0",
            "http://x:port",
            "http://ada@127.0.0.1",
            "http://127.0.0.1:80@x.example",
            "http://x?y",
            "http://x/#y",
            "http://x/ y",
            "http://x/\"",
        ] {
            let error = Address::parse("--url", value).unwrap_err().to_string();
            assert!(error.contains(&format!("{value:?}")), "{error}");
        }
    }
}
