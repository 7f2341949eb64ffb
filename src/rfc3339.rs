//! Converts between RFC 3339 times and milliseconds since the Unix epoch.

use chrono::{DateTime, SecondsFormat};

/// Formats a time, in milliseconds since the Unix epoch, as RFC 3339.
#[must_use]
pub fn timestamp(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds)
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    // None of our clocks reaches the year 262143, where the library's calendar ends.
    time.unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Parses an RFC 3339 time into milliseconds since the Unix epoch, negative before it. Returns `None` if it is not one.
#[must_use]
pub fn milliseconds(text: &str) -> Option<i64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
    }

    #[test]
    fn times_are_read_in_any_zone() {
        let read = milliseconds("2026-09-21T16:13:20.123+02:00");
        assert_eq!(read, Some(1_790_000_000_123));
        assert_eq!(milliseconds("1969-12-31T23:59:59Z"), Some(-1_000));
        assert_eq!(milliseconds("2026-09-21"), None);
    }
}
