//! `GET /healthz`: whether the Worker could do its work. It names what is missing and shows no value.

use serde::Serialize;

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
