//! The only origin that the API token is sent to.

use std::net::Ipv4Addr;

use crate::digits::whole_number;

/// Checks a base URL and removes trailing slashes.
pub fn parse(text: &str) -> Result<String, &'static str> {
    check(text).map(|text| text.trim_end_matches('/').to_owned())
}

/// Checks a URL: it has to be `https`, or `http` on a loopback address, for development.
///
/// The rule is an allow list: no user, query, fragment, escapes or dot segments, so that what is checked here is what
/// the runtime connects to.
pub fn check(text: &str) -> Result<&str, &'static str> {
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err("must start with https://"),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host(authority).ok_or("must name a host, with a port at most")?;
    if !secure && !is_loopback(host) {
        return Err("must be https: plain http is for a loopback address only");
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    if !path.bytes().all(plain)
        || path
            .split('/')
            .any(|segment| segment == "." || segment == "..")
    {
        return Err("must have a plain path: letters, digits and '/', without a query");
    }
    Ok(text)
}

/// Returns the host of `host`, `host:port`, `[::1]` or `[::1]:port`.
fn host(authority: &str) -> Option<&str> {
    let bracket = authority.find(']').unwrap_or(0);
    let port_at = authority
        .get(bracket..)?
        .find(':')
        .map_or(authority.len(), |at| bracket + at);
    let (host, port) = authority.split_at(port_at);
    let port_holds = port.is_empty() || is_port(port.strip_prefix(':')?);
    let host_holds = host == "[::1]" || host.parse::<Ipv4Addr>().is_ok() || is_name(host);
    (port_holds && host_holds).then_some(host)
}

fn is_port(text: &str) -> bool {
    whole_number(text).is_some_and(|port: u16| port > 0)
}

/// Returns whether this is a host name (RFC 1123 §2.1): labels of letters, digits and hyphens, the last not a number. A
/// hexadecimal one counts as well: the runtime takes such a name for an IPv4 address.
fn is_name(host: &str) -> bool {
    let holds = |label: &str| {
        let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        edge(label.as_bytes().first())
            && edge(label.as_bytes().last())
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|b| b.is_ascii_digit())
        || last.starts_with("0x")
        || last.starts_with("0X");
    host.split('.').all(holds) && !is_number
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_allowed() {
        for (text, parsed) in [
            (
                "https://api.cloudflare.com/client/v4",
                "https://api.cloudflare.com/client/v4",
            ),
            (
                "https://api.cloudflare.com/client/v4/",
                "https://api.cloudflare.com/client/v4",
            ),
            ("https://api.cloudflare.com", "https://api.cloudflare.com"),
            (
                "http://127.0.0.1:8788/client/v4",
                "http://127.0.0.1:8788/client/v4",
            ),
            ("http://localhost:1", "http://localhost:1"),
            ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
            ("https://a-1.example", "https://a-1.example"),
            ("http://[::1]:8788/x", "http://[::1]:8788/x"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(parsed));
        }
    }

    #[test]
    fn a_label_of_a_name_has_63_characters_at_most() {
        let of = |length: usize| format!("https://{}.example", "a".repeat(length));
        assert_eq!(parse(&of(63)), Ok(of(63)));
        assert!(parse(&of(64)).is_err());
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "api.cloudflare.com",
            "ftp://api.cloudflare.com",
            "HTTPS://api.cloudflare.com",
            "http://api.cloudflare.com/client/v4",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com/",
            "https://user:pass@example.com",
            "https://",
            "https:///x",
            "https://:443",
            "https://h:0",
            "https://h:99999",
            "https://h:",
            "https://h:+443",
            "https://h:4 3",
            "https://a..b",
            "https://-a.b",
            "https://a-.b",
            "https://.",
            "https://999.1.1.1",
            "https://0x7f000001",
            "https://1.2.3.0X4",
            "https://h/x?y",
            "https://h/x#y",
            "https://h/../x",
            "https://h/%2e%2e",
            "https://h\\@evil",
            "https://h/a b",
            "https://[::2]",
            "http://[::1",
            "https://exämple.com",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
