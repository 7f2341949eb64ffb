//! The id of a removal: a ULID (by its specification, 48 bits of time and 80 of randomness in Crockford's base 32), so
//! that ids sort by age and none can be guessed from another.

use std::fmt;

use super::store::StoreError;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARS: usize = 26;

/// The id of a removal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemovalId(String);

impl RemovalId {
    /// Creates an id from the time in milliseconds and random numbers in `0.0..1.0`.
    #[must_use]
    pub fn new(now: u64, mut random: impl FnMut() -> f64) -> Self {
        let time = (0..10).rev().map(|place| (now >> (5 * place)) & 31);
        let chance = std::iter::repeat_with(|| five_bits(random())).take(16);
        Self(time.chain(chance).map(digit).collect())
    }

    /// Parses an id; letters may be lower-case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let valid = text.len() == CHARS && text.bytes().all(|byte| ALPHABET.contains(&byte));
        valid.then_some(Self(text))
    }

    /// Parses an id read from the store.
    pub(super) fn stored(text: &str) -> Result<Self, StoreError> {
        Self::parse(text).ok_or_else(|| StoreError("a stored removal id is malformed".to_owned()))
    }

    /// Returns the id as it appears in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Scales to 0 to 31 without a lossy cast.
fn five_bits(random: f64) -> u64 {
    let thresholds = 1..32_u32;
    let reached = thresholds.map(|step| u64::from(random * 32.0 >= f64::from(step)));
    reached.sum()
}

fn digit(value: u64) -> char {
    usize::try_from(value)
        .ok()
        .and_then(|at| ALPHABET.get(at))
        .map_or('0', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_time_and_chance() {
        let mut next = 0.0;
        let id = RemovalId::new(1_469_918_176_385, || {
            next += 1.0 / 32.0;
            next
        });
        // The ten characters of the time are the example in the ULID specification.
        assert_eq!(id.as_str(), "01ARYZ6S41123456789ABCDEFG");
    }

    #[test]
    fn only_ids_are_parsed() {
        let id = RemovalId::new(u64::MAX, || 0.999);
        assert_eq!(RemovalId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(RemovalId::parse(&id.as_str().to_lowercase()), Some(id));
        for wrong in [
            "",
            "0",
            "01ARYZ6S41123456789ABCDEFGHI",
            "01ARYZ6S41ILOU456789ABCDEF",
            "é1ARYZ6S4112345678ABCDEF",
        ] {
            assert_eq!(RemovalId::parse(wrong), None, "{wrong}");
        }
    }
}
