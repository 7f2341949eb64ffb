//! JSON pointers (RFC 6901): checked when configured, so that none can turn out to be invalid later.

use std::fmt;

use serde_json::Value;

/// The longest pointer, in bytes.
const MAX_POINTER_BYTES: usize = 256;

/// The place of a value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// Checks a pointer. The empty one, which is the whole document in RFC 6901, can name neither an event nor an id.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with('/') {
            return Err("must be a JSON pointer, such as \"/data/id\"");
        }
        if text.len() > MAX_POINTER_BYTES {
            return Err("is a JSON pointer of more than 256 bytes");
        }
        let escaped = |part: &str| part.starts_with(['0', '1']);
        if text.split('~').skip(1).all(escaped) {
            Ok(Self(text.to_owned()))
        } else {
            Err("is no JSON pointer: '~' stands before 0 or 1 only (RFC 6901)")
        }
    }

    /// Returns the value there, if there is one.
    #[must_use]
    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        document.pointer(&self.0)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_finds_what_rfc_6901_says() {
        let document = json!({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9});
        for (pointer, value) in [
            ("/foo/0", json!("bar")),
            ("/", json!(0)),
            ("/a~1b", json!(1)),
            ("/m~0n", json!(8)),
            ("/~01", json!(9)),
        ] {
            let pointer = Pointer::parse(pointer).unwrap();
            assert_eq!(pointer.find(&document), Some(&value), "{pointer}");
        }
        for absent in ["/foo/2", "/foo/00", "/foo/-", "/foo/bar", "/x", "/foo/0/x"] {
            assert_eq!(Pointer::parse(absent).unwrap().find(&document), None);
        }
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        let longest = format!("/{}", "a".repeat(255));
        assert!(Pointer::parse(&longest).is_ok());
        let long = format!("{longest}a");
        for wrong in [
            "",
            "data/id",
            "$.data.id",
            "#/data",
            "/a~",
            "/a~2",
            "/~~0",
            &long,
        ] {
            assert!(Pointer::parse(wrong).is_err(), "{wrong}");
        }
    }
}
