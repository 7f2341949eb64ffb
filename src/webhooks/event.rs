//! The body of a verified message, parsed strictly.
//!
//! Two parsers may disagree about duplicate names in an object and about a byte order mark. Neither is guessed at here:
//! a body that another reader could understand differently is refused. `serde_json` limits the depth (128), so that no
//! body overflows the stack.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Why a text is not JSON without duplicate names.
#[derive(Debug)]
pub struct Unreadable {
    /// The names and indexes that lead to the place, outermost first.
    pub at: Vec<String>,
    /// Whether the last of them is a duplicate name.
    pub twice: bool,
    /// What is wrong, without any value.
    pub error: serde_json::Error,
}

/// Parses a body, or says what is wrong with it.
pub fn parse(body: &[u8]) -> Result<Value, String> {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err("starts with a byte order mark, which JSON does not have".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8".to_owned())?;
    parse_unique(text).map_err(|Unreadable { error, .. }| format!("is not JSON: {error}"))
}

/// Parses JSON in which no object has a name twice.
pub fn parse_unique(text: &str) -> Result<Value, Unreadable> {
    let mut at = Vec::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Unique { at: &mut at }.deserialize(&mut json);
    let read = read.and_then(|value| json.end().map(|()| value));
    read.map_err(|error| {
        at.reverse();
        // Any value is accepted, so in valid JSON nothing else can be wrong.
        let twice = error.is_data();
        Unreadable { at, twice, error }
    })
}

/// Returns an id as text: a string unchanged, a 64-bit integer in decimal digits.
#[must_use]
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the id at a place of an event, or what is wrong there, worded to follow the place's name.
pub fn id_at(found: Option<&Value>) -> Result<String, &'static str> {
    let found = found.filter(|value| !value.is_null());
    let value = found.ok_or("is missing in this event: it must be a string or an integer")?;
    id_text(value).ok_or("must be a string or an integer")
}

/// Reads a value in which no object has a name twice.
struct Unique<'a> {
    /// Where parsing stopped, innermost first.
    at: &'a mut Vec<String>,
}

impl Unique<'_> {
    fn inner(&mut self) -> Unique<'_> {
        Unique { at: self.at }
    }

    fn ended<T, E>(self, at: String, error: E) -> Result<T, E> {
        self.at.push(at);
        Err(error)
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number is not finite"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            match seq.next_element_seed(self.inner()) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => return Ok(Value::Array(values)),
                Err(error) => return self.ended(values.len().to_string(), error),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            match map.entry(name) {
                Entry::Vacant(place) => match entries.next_value_seed(self.inner()) {
                    Ok(value) => {
                        place.insert(value);
                    }
                    Err(error) => return self.ended(place.key().clone(), error),
                },
                Entry::Occupied(place) => {
                    let error = A::Error::custom("an object has a name twice");
                    return self.ended(place.key().clone(), error);
                }
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_as_it_stands() {
        let text = r#" {"a":[1,-2,2.5,"x",true,null,{"b":{}}],"c":18446744073709551615} "#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        let deep = "[".repeat(100_000);
        let deep_objects = "{\"a\":".repeat(100_000);
        let deep_and_closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for (body, what) in [
            (&b""[..], "not JSON"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b"\xff\xfe{\0}\0", "not UTF-8"),
            (b"{\"a\":\"\xff\"}", "not UTF-8"),
            (b"{\"a\":\"\xed\xa0\x80\"}", "not UTF-8"),
            (br#"{"a":"\ud800"}"#, "not JSON"),
            (br#"{"a":1,"a":1}"#, "twice"),
            (br#"{"a":1,"\u0061":2}"#, "twice"),
            (br#"[{"b":{"a":1,"a":2}}]"#, "twice"),
            (b"{} {}", "not JSON"),
            (b"{}\0", "not JSON"),
            (b"{'a':1}", "not JSON"),
            (b"{\"a\":1,}", "not JSON"),
            (b"{\"a\":NaN}", "not JSON"),
            (b"{\"a\":1e999}", "not JSON"),
            (b"{\"a\":01}", "not JSON"),
            (b"type=user.deleted", "not JSON"),
            (deep.as_bytes(), "not JSON"),
            (deep_objects.as_bytes(), "not JSON"),
            (deep_and_closed.as_bytes(), "not JSON"),
        ] {
            let error = parse(body).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_its_place() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (text, at, twice) in [
            (r#"{"a":1,"a":2}"#, "a", true),
            (r#"{"a":[0,{"b":{"c":1,"d":2,"c":3}}]}"#, "a.1.b.c", true),
            (r#"[{"a":1e999}]"#, "0.a", false),
            (r#"{"a":[1,"\ud800"]}"#, "a.1", false),
            (r#"{"a":1}}"#, "", false),
            (&deep, &["0"; 127].join("."), false),
        ] {
            let wrong = parse_unique(text).unwrap_err();
            assert_eq!((wrong.at.join(".").as_str(), wrong.twice), (at, twice));
        }
    }

    #[test]
    fn ids_are_texts_and_whole_numbers() {
        for (value, text) in [
            (json!("a b"), Some("a b")),
            (json!(0), Some("0")),
            (json!(-7), Some("-7")),
            (json!(u64::MAX), Some("18446744073709551615")),
            (json!(1.0), None),
            (json!(true), None),
            (json!(null), None),
            (json!(["a"]), None),
            (json!({"id": "a"}), None),
        ] {
            assert_eq!(id_text(&value).as_deref(), text, "{value}");
        }
        for wide in ["18446744073709551616", "-9223372036854775809", "1e2", "-0"] {
            assert_eq!(id_text(&parse(wide.as_bytes()).unwrap()), None, "{wide}");
        }
    }
}
