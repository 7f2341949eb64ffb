//! The body of a verified message, parsed strictly.
//!
//! Two parsers may disagree on a name that stands twice in an object, and on a byte order mark. Here neither is
//! guessed: a body that another reader could understand otherwise is refused. The depth is limited by `serde_json`
//! (128), so that no body overflows the stack.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a body, or says what is wrong with it.
pub fn parse(body: &[u8]) -> Result<Value, String> {
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err("starts with a byte order mark, which JSON does not have".to_owned());
    }
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8".to_owned())?;
    let Unique(value) =
        serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    Ok(value)
}

/// An id as text: a string as it is, a whole number of 64 bits in decimal digits.
#[must_use]
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A value in which no object has a name twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
        Ok(Unique(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Unique, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number is not finite"))?;
        Ok(Unique(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
        Ok(Unique(Value::String(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Unique(Value::Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unique, A::Error> {
        let mut map = Map::new();
        while let Some((name, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has a name twice"));
            }
        }
        Ok(Unique(Value::Object(map)))
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
