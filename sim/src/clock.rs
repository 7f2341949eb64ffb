//! The wall clock, read at the edge and passed on as milliseconds since the Unix epoch.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = u64;

/// Returns the current time.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Formats a time as RFC 3339 with milliseconds, as the API does.
pub(crate) fn iso(at: Millis) -> String {
    i64::try_from(at)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or_else(String::new, |time| format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(iso(1_577_470_279_117), "2019-12-27T18:11:19.117Z");
        assert_eq!(iso(1_577_470_279_000), "2019-12-27T18:11:19.000Z");
    }
}
