//! Request headers as plain data.

use super::verification::Refused;

/// Looks up a request header by its name in lower case. A header that was sent twice arrives joined by `, `.
pub type Headers<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The longest header that is looked at. Sixteen signatures of the longest kind have some 1,500 bytes.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;

/// A header that has to be there.
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
