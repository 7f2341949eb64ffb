//! Whole numbers as people and senders write them.

use std::str::FromStr;

/// A whole number in plain digits: a sign would be parsed as well, and is more likely a slip.
#[must_use]
pub fn whole_number<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
