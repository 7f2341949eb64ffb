//! Headers of the form `t=<time>,v1=<signature>`, as Stripe and `WorkOS` send them.

use super::hmac::{HmacKey, MAX_SIGNATURES, any_matches};
use super::verification::Refused;
use crate::digest::hex;

/// The time and the `v1` signatures of a header.
#[derive(Debug, PartialEq, Eq)]
pub struct TimedSignatures {
    /// The time as it appears in the header, which is what was signed.
    pub time: String,
    /// One to [`MAX_SIGNATURES`].
    pub v1: Vec<String>,
}

impl TimedSignatures {
    /// Parses comma-separated `name=value` items. Items with other names are ignored: Stripe adds `v0` to test events.
    ///
    /// There must be exactly one time: with two, it would be unclear which was signed.
    pub fn parse(header: &str) -> Result<Self, Refused> {
        let mut time = None;
        let mut v1 = Vec::new();
        for item in header.split(',') {
            let (name, value) = item.split_once('=').ok_or(Refused::Malformed)?;
            if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(Refused::Malformed);
            }
            match name {
                "t" if time.is_some() => return Err(Refused::Malformed),
                "t" => time = Some(value.to_owned()),
                "v1" if v1.len() == MAX_SIGNATURES => return Err(Refused::TooManySignatures),
                "v1" => v1.push(value.to_owned()),
                _ => {}
            }
        }
        match time {
            Some(time) if !v1.is_empty() => Ok(Self { time, v1 }),
            _ => Err(Refused::Malformed),
        }
    }

    /// Returns whether one of them is the signature of the time and the body, joined by a dot.
    #[must_use]
    pub fn hold(&self, secrets: &[HmacKey], body: &[u8]) -> bool {
        let parts = [self.time.as_bytes(), b".", body];
        any_matches(secrets, &parts, hex, &self.v1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_lists_several_signatures_and_other_names_are_left_alone() {
        assert_eq!(
            TimedSignatures::parse("t=1,v1=a,v0=c,v1=b"),
            Ok(TimedSignatures {
                time: "1".to_owned(),
                v1: vec!["a".to_owned(), "b".to_owned()]
            })
        );
        let sixteen = format!("t=1{}", ",v1=a".repeat(16));
        assert_eq!(TimedSignatures::parse(&sixteen).unwrap().v1.len(), 16);
        assert_eq!(
            TimedSignatures::parse(&format!("{sixteen},v1=a")),
            Err(Refused::TooManySignatures)
        );
    }

    #[test]
    fn everything_else_is_malformed() {
        for wrong in [
            "",
            "t=1",
            "v1=a",
            "t=1,t=1,v1=a",
            "t=1, v1=a",
            "t=1,v1=a, t=2,v1=b",
            "t=1,v1=a,",
            ",t=1,v1=a",
            "t:1,v1:a",
            "t=1;v1=a",
            "T=1,V1=a",
            "t=1,v0=a",
            "t=1,v1",
            "t=1,=a",
            "\u{fffd}=1,v1=a",
        ] {
            assert_eq!(
                TimedSignatures::parse(wrong),
                Err(Refused::Malformed),
                "{wrong}"
            );
        }
    }
}
