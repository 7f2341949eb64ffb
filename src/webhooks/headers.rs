//! Request headers as plain data.

use super::verification::Refused;

/// Looks up a request header by its lower-case name. Duplicates arrive joined by `, `.
pub type Headers<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The longest header that is accepted, in bytes. Sixteen signatures of the longest kind take about 1,500.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;

/// Returns a header that must be present.
pub fn required(headers: Headers<'_>, name: &str) -> Result<String, Refused> {
    let value = headers(name).unwrap_or_default();
    if value.is_empty() {
        return Err(Refused::HeaderMissing);
    }
    if value.len() > MAX_HEADER_BYTES {
        return Err(Refused::HeaderTooLong);
    }
    Ok(value)
}
