//! The scheme of a source, with its secrets.

use serde_json::Value;

use super::signed::Fields;
use crate::webhooks::rules::Problem;
use crate::webhooks::secrets::OwnToken;
use crate::webhooks::verification::Scheme;
use crate::webhooks::{github, secrets, standard_webhooks, stripe, token, workos};

/// The schemes that a source may name, besides that of `RealtimeKit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeName {
    /// `standard-webhooks`
    StandardWebhooks,
    /// `stripe`
    Stripe,
    /// `workos`
    WorkOs,
    /// `github`
    GitHub,
    /// `token`
    Token,
}

impl SchemeName {
    const ALL: [Self; 5] = [
        Self::StandardWebhooks,
        Self::Stripe,
        Self::WorkOs,
        Self::GitHub,
        Self::Token,
    ];

    /// Returns the name as it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StandardWebhooks => "standard-webhooks",
            Self::Stripe => "stripe",
            Self::WorkOs => "workos",
            Self::GitHub => "github",
            Self::Token => "token",
        }
    }

    /// Returns the scheme of that name, or nothing and a problem.
    pub fn parse(name: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|scheme| scheme.as_str() == name);
        if found.is_none() {
            let rule = format!("must be one of {}, realtimekit", Self::list());
            problems.push(("scheme".to_owned(), rule));
        }
        found
    }

    /// Returns all names, for a message.
    #[must_use]
    pub fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// Returns the header that carries the proof, in lower case, if a source may choose another one. The other schemes
    /// have headers of their own, which also carry a signed time.
    fn default_header(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some(github::DEFAULT_HEADER),
            Self::Token => Some(token::DEFAULT_HEADER),
            Self::StandardWebhooks | Self::Stripe | Self::WorkOs => None,
        }
    }
}

/// The longest tolerance: an hour.
const MAX_TOLERANCE_SECONDS: u64 = 3_600;

/// Reads a scheme.
pub fn read(
    name: SchemeName,
    fields: &Fields,
    source: &str,
    secret: Option<&Value>,
    own_tokens: &[OwnToken<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Scheme> {
    let default = name.default_header();
    let header = header(fields, default, problems);
    let tolerance = tolerance(fields, default.is_none(), problems);
    secrets::list(secret, source)
        .and_then(|texts| secrets::without_own_tokens(texts, own_tokens))
        .and_then(|texts| build(name, &texts, header, tolerance))
        .map_err(|rule| problems.push((String::new(), rule)))
        .ok()
}

fn build(
    name: SchemeName,
    texts: &[String],
    header: String,
    tolerance: Option<u64>,
) -> Result<Scheme, String> {
    let tolerance = |default| tolerance.unwrap_or(default);
    Ok(match name {
        SchemeName::StandardWebhooks => {
            let (secrets, public_keys) = secrets::standard_webhooks(texts)?;
            Scheme::StandardWebhooks(standard_webhooks::StandardWebhooks {
                secrets,
                public_keys,
                tolerance_seconds: tolerance(standard_webhooks::DEFAULT_TOLERANCE_SECONDS),
            })
        }
        SchemeName::Stripe => Scheme::Stripe(stripe::Stripe {
            secrets: secrets::stripe(texts)?,
            tolerance_seconds: tolerance(stripe::DEFAULT_TOLERANCE_SECONDS),
        }),
        SchemeName::WorkOs => Scheme::WorkOs(workos::WorkOs {
            secrets: secrets::text_keys(texts)?,
            tolerance_seconds: tolerance(workos::DEFAULT_TOLERANCE_SECONDS),
        }),
        SchemeName::GitHub => Scheme::GitHub(github::GitHub {
            secrets: secrets::text_keys(texts)?,
            header,
        }),
        SchemeName::Token => Scheme::Token(token::Token {
            secrets: secrets::tokens(texts)?,
            header,
        }),
    })
}

fn tolerance(fields: &Fields, timed: bool, problems: &mut Vec<Problem>) -> Option<u64> {
    let seconds = fields.tolerance_seconds?;
    if !timed {
        let rule = "is for schemes that sign a time, which this one does not".to_owned();
        problems.push(("tolerance_seconds".to_owned(), rule));
    } else if !(1..=MAX_TOLERANCE_SECONDS).contains(&seconds) {
        let rule = format!("must be from 1 to {MAX_TOLERANCE_SECONDS}");
        problems.push(("tolerance_seconds".to_owned(), rule));
    }
    Some(seconds)
}

/// Returns the header in lower case. A name is a token (RFC 9110 §5.6.2), of only the characters in practical use.
fn header(fields: &Fields, default: Option<&str>, problems: &mut Vec<Problem>) -> String {
    let name = fields.header.as_deref();
    let fixed = default.is_none();
    let default = default.unwrap_or_default();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let rule = match name {
        Some(_) if fixed => "is for the schemes github and token; this one has headers of its own",
        Some(name) if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) => {
            "must be a header's name, such as x-webhook-token"
        }
        name => return name.unwrap_or(default).to_ascii_lowercase(),
    };
    problems.push(("header".to_owned(), rule.to_owned()));
    default.to_owned()
}
