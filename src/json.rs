//! Reads JSON more strictly than a map would.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Returns the entries of a JSON object in order, so that duplicate names are seen, or `None` for anything else.
#[must_use]
pub fn object_entries<'a, V: Deserialize<'a>>(json: &'a str) -> Option<Vec<(String, V)>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let entries = (&mut deserializer)
        .deserialize_map(Entries(PhantomData))
        .ok()?;
    deserializer.end().ok()?;
    Some(entries)
}

struct Entries<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_given_twice_is_seen_twice() {
        let entries = object_entries::<u8>(r#" {"b": 1, "a": 2, "b": 3} "#).unwrap();
        assert_eq!(
            entries,
            [
                ("b".to_owned(), 1),
                ("a".to_owned(), 2),
                ("b".to_owned(), 3)
            ]
        );
    }

    #[test]
    fn anything_else_is_none() {
        for json in ["", "[]", "1", "{", r#"{"a":1} x"#, r#"{"a":"x"}"#] {
            assert_eq!(object_entries::<u8>(json), None, "{json}");
        }
    }
}
