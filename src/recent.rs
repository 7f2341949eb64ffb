//! Whether something happened a short while ago.

/// Returns whether that was less than an interval ago; all values are in milliseconds. A clock that went back must not
/// stop anything until it has caught up.
#[must_use]
pub fn is_recent(at_ms: Option<u64>, now_ms: u64, interval_ms: u64) -> bool {
    at_ms.is_some_and(|at| now_ms.abs_diff(at) < interval_ms)
}
