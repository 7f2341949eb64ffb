//! The ids of accounts, apps, meetings and participants: parsed once at the edge, trusted inside.
//!
//! The rules are an allow list of characters. The runtime normalises outgoing URLs (`..`, `%2e%2e`, `\`, tabs), so
//! only an id that cannot contain any of these keeps a request on its endpoint.

use std::fmt;

use serde::{Serialize, Serializer};

/// Why a value is not an id: a sentence that names the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId(pub &'static str);

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Returns the id as it appears in a URL or a body.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

id! {
    /// A Cloudflare account: 1 to 32 of `[0-9A-Za-z]`.
    AccountId
}
id! {
    /// A `RealtimeKit` app: 1 to 32 of `[0-9A-Za-z_-]`, which the API's reference gives as the limit, or a UUID, which is
    /// longer and what its examples show.
    AppId
}
id! {
    /// A meeting: a UUID, held in lower case.
    MeetingId
}
id! {
    /// A participant: 1 to 128 of `[0-9A-Za-z_-]`.
    ParticipantId
}
id! {
    /// The customer's own id for a user: 1 to 256 characters, none of them a control character.
    ///
    /// It need not be unique within a meeting, and it may be personal data, so it is never logged.
    CustomParticipantId
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether it is a UUID, in any letter case, with hyphens and without braces.
fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

impl AccountId {
    /// Checks an account id.
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        let valid =
            (1..=32).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric());
        if valid {
            Ok(Self(value.to_owned()))
        } else {
            Err(InvalidId("must be 1 to 32 letters and digits"))
        }
    }
}

impl AppId {
    /// Checks an app id.
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        let is_short = (1..=32).contains(&value.len()) && value.bytes().all(is_word);
        if is_short || is_uuid(value) {
            Ok(Self(value.to_owned()))
        } else {
            Err(InvalidId(
                "must be a UUID, or 1 to 32 letters, digits, '_' and '-'",
            ))
        }
    }
}

impl MeetingId {
    /// Checks a meeting id and converts it to lower case.
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        if is_uuid(value) {
            Ok(Self(value.to_ascii_lowercase()))
        } else {
            Err(InvalidId(
                "must be a UUID: 32 hexadecimal digits in groups of 8-4-4-4-12",
            ))
        }
    }
}

impl ParticipantId {
    /// Checks a participant id.
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        let valid = (1..=128).contains(&value.len()) && value.bytes().all(is_word);
        if valid {
            Ok(Self(value.to_owned()))
        } else {
            Err(InvalidId("must be 1 to 128 letters, digits, '_' and '-'"))
        }
    }
}

impl CustomParticipantId {
    /// Checks a custom participant id.
    pub fn parse(value: &str) -> Result<Self, InvalidId> {
        // A character has at most four bytes: a huge value is refused before it is counted.
        let valid = !value.is_empty()
            && value.len() <= 4 * 256
            && value.chars().count() <= 256
            && !value.chars().any(char::is_control);
        if valid {
            Ok(Self(value.to_owned()))
        } else {
            Err(InvalidId(
                "must be 1 to 256 characters without control characters",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

    #[test]
    fn a_meeting_id_is_a_uuid_in_any_case_and_held_in_lower_case() {
        assert_eq!(
            MeetingId::parse(&MEETING.to_uppercase()).unwrap().as_str(),
            MEETING
        );
        for wrong in [
            "",
            "497f6eca",
            "497f6eca62764993bfeb53cbbbba6f08",
            "{497f6eca-6276-4993-bfeb-53cbbbba6f08}",
            "497f6eca-6276-4993-bfeb-53cbbbba6f0g",
            "497f6eca-6276-4993-bfeb-53cbbbba6f08 ",
            "497f6eca-6276-4993-bfeb-53cbbbba6f0８",
            "497f6eca_6276_4993_bfeb_53cbbbba6f08",
        ] {
            assert!(MeetingId::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_app_id_may_be_a_uuid_and_keeps_its_case() {
        let upper = MEETING.to_uppercase();
        assert_eq!(AppId::parse(&upper).unwrap().as_str(), upper);
        for wrong in [format!("{MEETING}0"), MEETING.replace('-', "_")] {
            assert!(AppId::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_limited_at_both_ends() {
        assert!(
            AccountId::parse("").is_err()
                && AppId::parse("").is_err()
                && ParticipantId::parse("").is_err()
        );
        assert!(
            AccountId::parse(&"a".repeat(32)).is_ok() && AccountId::parse(&"a".repeat(33)).is_err()
        );
        assert!(AppId::parse(&"a".repeat(32)).is_ok() && AppId::parse(&"a".repeat(33)).is_err());
        assert!(
            ParticipantId::parse(&"a".repeat(128)).is_ok()
                && ParticipantId::parse(&"a".repeat(129)).is_err()
        );
        assert!(CustomParticipantId::parse("").is_err());
        assert!(CustomParticipantId::parse(&"é".repeat(256)).is_ok());
        assert!(CustomParticipantId::parse(&"é".repeat(257)).is_err());
    }

    #[test]
    fn no_id_holds_what_a_url_would_act_on() {
        for wrong in [
            "..", ".", "a/b", "a\\b", "a%2e", "a?b", "a#b", "a b", "a\tb", "a\0b", "ａ", "a;b",
            "a@b", "a:b",
        ] {
            assert!(AccountId::parse(wrong).is_err(), "{wrong:?}");
            assert!(AppId::parse(wrong).is_err(), "{wrong:?}");
            assert!(ParticipantId::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(AccountId::parse("a_b").is_err());
        assert!(AppId::parse("a_b-C9").is_ok() && ParticipantId::parse("participant_id").is_ok());
    }

    #[test]
    fn a_custom_participant_id_is_any_text_without_control_characters() {
        for right in [
            "user@example.com",
            "auth0|507f1f77",
            "日本語",
            "a b",
            "../..",
        ] {
            assert!(CustomParticipantId::parse(right).is_ok(), "{right:?}");
        }
        for wrong in ["a\n", "\0", "\u{7f}", "\u{85}"] {
            assert!(CustomParticipantId::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
