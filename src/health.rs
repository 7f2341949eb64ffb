//! `GET /healthz`: whether the Worker could do its work. It names what is missing and shows no value.

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Problem};
use crate::config::ConfigProblem;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// The answer: 200 when nothing is wrong, 503 naming everything that is.
#[must_use]
pub fn health(problems: Vec<ConfigProblem>) -> Answer {
    if problems.is_empty() {
        Answer::success(
            200,
            Health {
                status: "ok",
                version: env!("CARGO_PKG_VERSION"),
            },
        )
    } else {
        Problem::NotConfigured(problems).answer()
    }
}

/// What a ledger answered when asked how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerAnswer {
    /// Its body.
    Body(String),
    /// It could not be asked, or its answer could not be read.
    Unreadable,
}

#[derive(Deserialize)]
struct LedgerHealth {
    result: LedgerResult,
}

#[derive(Deserialize)]
struct LedgerResult {
    paused: Option<Paused>,
    open_removals: u64,
}

#[derive(Deserialize)]
struct Paused {
    reason: String,
    since: String,
}

/// What the operator has to mend, by the answer of a ledger.
#[must_use]
pub fn token_refused(answer: &LedgerAnswer) -> Option<ConfigProblem> {
    let health = match answer {
        LedgerAnswer::Body(body) => serde_json::from_str::<LedgerHealth>(body).ok(),
        LedgerAnswer::Unreadable => None,
    };
    let problem = |name: &str, message: String| {
        Some(ConfigProblem {
            name: name.to_owned(),
            message,
        })
    };
    match health {
        None => problem(
            "LEDGER",
            "does not answer: check the durable_objects binding in wrangler.toml".to_owned(),
        ),
        Some(health) => {
            let paused = health
                .result
                .paused
                // With nothing left to do, nobody tries whether the token is mended.
                .filter(|paused| {
                    paused.reason == "token_refused" && health.result.open_removals > 0
                })?;
            let message = format!(
                "is refused by Cloudflare since {}: durable removals wait until it is valid and has the permission \
                 \"Realtime Admin\", then go on by themselves",
                paused.since
            );
            problem("CLOUDFLARE_API_TOKEN", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_open(paused: &str, open: u32) -> Option<ConfigProblem> {
        token_refused(&LedgerAnswer::Body(format!(
            r#"{{"success":true,"result":{{"paused":{paused},"open_removals":{open}}}}}"#
        )))
    }

    fn of(paused: &str) -> Option<ConfigProblem> {
        of_open(paused, 1)
    }

    #[test]
    fn a_refused_token_is_named() {
        let problem =
            of(r#"{"reason":"token_refused","since":"2026-11-23T00:00:00.000Z","until":"x"}"#)
                .unwrap();
        assert_eq!(problem.name, "CLOUDFLARE_API_TOKEN");
        assert!(problem.message.contains("2026-11-23T00:00:00.000Z"));
    }

    #[test]
    fn a_token_that_nobody_tries_any_more_is_no_problem() {
        let paused = r#"{"reason":"token_refused","since":"x","until":"y"}"#;
        assert_eq!(of_open(paused, 0), None);
        assert!(of_open(paused, 1).is_some());
    }

    #[test]
    fn a_reached_limit_is_no_fault_of_the_configuration() {
        assert_eq!(
            of(r#"{"reason":"rate_limited","since":"x","until":"y"}"#),
            None
        );
        assert_eq!(of("null"), None);
    }

    #[test]
    fn a_ledger_that_does_not_answer_is_named() {
        assert_eq!(
            token_refused(&LedgerAnswer::Unreadable).unwrap().name,
            "LEDGER"
        );
        assert_eq!(
            token_refused(&LedgerAnswer::Body("x".to_owned()))
                .unwrap()
                .name,
            "LEDGER"
        );
    }
}
