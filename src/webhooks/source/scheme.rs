//! The scheme of a source, with its secrets.

use serde_json::Value;

use super::signed::Fields;
use crate::webhooks::rules::Problem;
use crate::webhooks::secrets::OwnToken;
use crate::webhooks::verification::Scheme;
use crate::webhooks::{github, secrets, standard_webhooks, stripe, token, workos};

/// The schemes by name.
pub const NAMES: [&str; 5] = ["standard-webhooks", "stripe", "workos", "github", "token"];

/// The longest tolerance: an hour.
const MAX_TOLERANCE_SECONDS: u64 = 3_600;

/// Reads a scheme.
pub fn read(
    name: &str,
    fields: &Fields,
    source: &str,
    secret: Option<&Value>,
    own_tokens: &[OwnToken<'_>],
    problems: &mut Vec<Problem>,
) -> Option<Scheme> {
    if !NAMES.contains(&name) {
        let rule = format!("must be one of {}, realtimekit", NAMES.join(", "));
        problems.push(("scheme".to_owned(), rule));
        return None;
    }
    let default = match name {
        "github" => github::DEFAULT_HEADER,
        _ => token::DEFAULT_HEADER,
    };
    let timed = !matches!(name, "github" | "token");
    let header = header(fields, timed, default, problems);
    let tolerance = tolerance(fields, timed, problems);
    secrets::list(secret, source)
        .and_then(|texts| secrets::without_own_tokens(texts, own_tokens))
        .and_then(|texts| build(name, &texts, header, tolerance))
        .map_err(|rule| problems.push((String::new(), rule)))
        .ok()
}

fn build(
    name: &str,
    texts: &[String],
    header: String,
    tolerance: Option<u64>,
) -> Result<Scheme, String> {
    let tolerance = |default| tolerance.unwrap_or(default);
    Ok(match name {
        "standard-webhooks" => {
            let (secrets, public_keys) = secrets::standard_webhooks(texts)?;
            Scheme::StandardWebhooks(standard_webhooks::StandardWebhooks {
                secrets,
                public_keys,
                tolerance_seconds: tolerance(standard_webhooks::DEFAULT_TOLERANCE_SECONDS),
            })
        }
        "stripe" => Scheme::Stripe(stripe::Stripe {
            secrets: secrets::stripe(texts)?,
            tolerance_seconds: tolerance(stripe::DEFAULT_TOLERANCE_SECONDS),
        }),
        "workos" => Scheme::WorkOs(workos::WorkOs {
            secrets: secrets::text_keys(texts)?,
            tolerance_seconds: tolerance(workos::DEFAULT_TOLERANCE_SECONDS),
        }),
        "github" => Scheme::GitHub(github::GitHub {
            secrets: secrets::text_keys(texts)?,
            header,
        }),
        _ => Scheme::Token(token::Token {
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
fn header(fields: &Fields, fixed: bool, default: &str, problems: &mut Vec<Problem>) -> String {
    let name = fields.header.as_deref();
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
