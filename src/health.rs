//! `GET /healthz`: whether the Worker can do its work. It names what is missing and shows no value.

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Problem};
use crate::config_problem::ConfigProblem;
use crate::removals::LedgerCallError;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// Returns the answer: 200 if nothing is wrong, else 503 naming everything that is.
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

/// Returns everything that the operator has to fix, in the configuration or as the apps' ledgers report it. What
/// several of them report is listed once.
#[must_use]
pub fn with_ledgers(
    mut problems: Vec<ConfigProblem>,
    ledgers: &[Result<String, LedgerCallError>],
) -> Vec<ConfigProblem> {
    for answer in ledgers {
        let problem = ledger_problem(answer);
        // The token is one, whenever each of them met with it; ledgers may fail in two ways.
        let is_told = |problem: &ConfigProblem| {
            let same = |old: &&ConfigProblem| old.name == problem.name;
            problems
                .iter()
                .filter(same)
                .any(|old| problem.name != LEDGER || old == problem)
        };
        let problem = problem.filter(|problem| !is_told(problem));
        problems.extend(problem);
    }
    problems
}

const LEDGER: &str = "LEDGER";
const SILENT: &str = "does not answer: check the durable_objects binding in wrangler.toml; the log says why under \"ledger error\"";
const FAILS: &str = "returns an internal error: see \"ledger error\" in the log";

/// Returns what the operator has to fix according to one ledger's answer.
fn ledger_problem(answer: &Result<String, LedgerCallError>) -> Option<ConfigProblem> {
    let health = match answer {
        Ok(body) => serde_json::from_str::<LedgerHealth>(body).map_err(|_| FAILS),
        Err(LedgerCallError::Failed(_)) => Err(FAILS),
        Err(LedgerCallError::Unreachable(_)) => Err(SILENT),
    };
    let (name, message) = match health {
        Err(message) => (LEDGER, message.to_owned()),
        Ok(LedgerHealth { result }) => {
            // With no open removals, nothing would notice that the token has been fixed.
            let tries = result.open_removals > 0;
            let is_refused = |paused: &Paused| tries && paused.reason == "token_refused";
            let since = result.paused.filter(is_refused)?.since;
            (
                "CLOUDFLARE_API_TOKEN",
                format!(
                    "has been refused by Cloudflare since {since}: durable removals wait until it is valid and has the \
                     permission \"Realtime Admin\" for the account CLOUDFLARE_ACCOUNT_ID, then go on by themselves"
                ),
            )
        }
    };
    Some(ConfigProblem {
        name: name.to_owned(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str =
        r#"{"reason":"token_refused","since":"2026-11-23T00:00:00.000Z","until":"x"}"#;

    fn body(paused: &str, open: u32) -> String {
        format!(r#"{{"success":true,"result":{{"paused":{paused},"open_removals":{open}}}}}"#)
    }

    fn of(paused: &str, open: u32) -> Option<ConfigProblem> {
        ledger_problem(&Ok(body(paused, open)))
    }

    #[test]
    fn a_refused_token_is_named() {
        let problem = of(REFUSED, 1).unwrap();
        assert_eq!(problem.name, "CLOUDFLARE_API_TOKEN");
        assert!(problem.message.contains("2026-11-23T00:00:00.000Z"));
    }

    #[test]
    fn a_token_that_nobody_tries_any_more_is_no_problem() {
        assert_eq!(of(REFUSED, 0), None);
    }

    #[test]
    fn a_reached_limit_is_no_fault_of_the_configuration() {
        let limited = r#"{"reason":"rate_limited","since":"x","until":"y"}"#;
        assert_eq!(of(limited, 1), None);
        assert_eq!(of("null", 1), None);
    }

    #[test]
    fn a_ledger_that_does_not_answer_or_fails_is_named() {
        let of = |answer| {
            let problem = ledger_problem(&answer).unwrap();
            assert_eq!(problem.name, "LEDGER");
            problem.message
        };
        assert!(of(Err(LedgerCallError::Unreachable("x".to_owned()))).contains("binding"));
        for failing in [Err(LedgerCallError::Failed(503)), Ok("x".to_owned())] {
            assert!(of(failing).contains("an internal error"));
        }
    }

    #[test]
    fn what_several_ledgers_say_is_told_once() {
        let webhooks = ConfigProblem {
            name: "WEBHOOKS".to_owned(),
            message: "is not JSON".to_owned(),
        };
        let later = REFUSED.replace("23T", "24T");
        let answers = [
            Ok(body(REFUSED, 1)),
            Ok(body("null", 1)),
            Err(LedgerCallError::Failed(503)),
            Ok(body(&later, 1)),
            Err(LedgerCallError::Unreachable("x".to_owned())),
            Err(LedgerCallError::Failed(500)),
            Err(LedgerCallError::Unreachable("y".to_owned())),
        ];
        let problems = with_ledgers(vec![webhooks], &answers);
        let names: Vec<_> = problems
            .iter()
            .map(|problem| problem.name.as_str())
            .collect();
        assert_eq!(
            names,
            ["WEBHOOKS", "CLOUDFLARE_API_TOKEN", "LEDGER", "LEDGER"]
        );
    }
}
