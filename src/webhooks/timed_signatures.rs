//! Headers of the form `t=<time>,v1=<signature>`, as Stripe and `WorkOS` send them.

use super::hmac::MAX_SIGNATURES;
use super::verification::Refused;

/// The time and the `v1` signatures of a header.
#[derive(Debug, PartialEq, Eq)]
pub struct TimedSignatures<'a> {
    /// The time as it stands in the header, which is what was signed.
    pub time: &'a str,
    /// One to [`MAX_SIGNATURES`].
    pub v1: Vec<&'a str>,
}

impl<'a> TimedSignatures<'a> {
    /// Reads `name=value` items behind commas. Items of other names are left alone: Stripe adds `v0` to test events.
    ///
    /// There is one time: two would leave open which was signed.
    pub fn parse(header: &'a str) -> Result<Self, Refused> {
        let mut time = None;
        let mut v1 = Vec::new();
        for item in header.split(',') {
            let (name, value) = item.split_once('=').ok_or(Refused::Malformed)?;
            if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(Refused::Malformed);
            }
            match name {
                "t" if time.is_some() => return Err(Refused::Malformed),
                "t" => time = Some(value),
                "v1" if v1.len() == MAX_SIGNATURES => return Err(Refused::TooManySignatures),
                "v1" => v1.push(value),
                _ => {}
            }
        }
        match time {
            Some(time) if !v1.is_empty() => Ok(Self { time, v1 }),
            _ => Err(Refused::Malformed),
        }
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
                time: "1",
                v1: vec!["a", "b"]
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
