//! Whole numbers as people and senders write them.

use std::str::FromStr;

/// Parses a whole number in plain digits: `parse` would also accept a sign, which is more likely a typo.
#[must_use]
pub fn whole_number<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
