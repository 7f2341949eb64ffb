//! The query parameters of the routes under `/removals`.

use crate::answer::{FieldProblem, Problem};
use crate::config::Config;
use crate::digits::whole_number;
use crate::ids::{AppId, CustomParticipantId};
use crate::ledger::RemovalState;
use crate::ledger::listing::MAX_LIMIT;
use crate::query::pairs;

/// How many rows a page has by default.
const DEFAULT_LIMIT: u32 = 50;
/// The longest `wait`, in seconds: the time after which clients tend to hang up.
pub const MAX_WAIT_SECONDS: u32 = 30;

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The app whose ledger to ask.
    pub app: AppId,
    /// Whether the query names it.
    pub names_app: bool,
    /// The state to filter by.
    pub state: Option<RemovalState>,
    /// The user to filter by.
    pub user: Option<CustomParticipantId>,
    /// The source to filter by.
    pub source: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<u64>,
    /// The maximum number of rows.
    pub limit: u32,
    /// How long to wait for a change, in seconds.
    pub wait_seconds: u32,
}

/// Reads a query, in which only the `allowed` parameters may be given.
pub fn read(query: Option<&str>, allowed: &[&str], config: &Config) -> Result<Query, Problem> {
    let pairs = pairs(query.unwrap_or_default(), allowed)?;
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value.as_str())
    };
    let state = value("state").map(|name| {
        RemovalState::parse(name)
            .ok_or_else(|| FieldProblem::at("", "state", "is not a state of a removal"))
    });
    Ok(Query {
        app: app(value("app_id"), config)?,
        names_app: value("app_id").is_some(),
        state: state.transpose()?,
        user: value("custom_participant_id").map(user).transpose()?,
        source: value("source").map(source).transpose()?,
        cursor: value("cursor")
            .map(|text| {
                whole_number(text).ok_or_else(|| {
                    FieldProblem::at("", "cursor", "must be a cursor from a previous page")
                })
            })
            .transpose()?,
        limit: bounded("limit", value("limit"), DEFAULT_LIMIT, 1, MAX_LIMIT)?,
        wait_seconds: bounded("wait", value("wait"), 0, 0, MAX_WAIT_SECONDS)?,
    })
}

fn user(id: &str) -> Result<CustomParticipantId, FieldProblem> {
    CustomParticipantId::parse(id)
        .map_err(|error| FieldProblem::at("", "custom_participant_id", error.0))
}

/// Checks only the form of a source: it may have been removed from the configuration since.
fn source(text: &str) -> Result<String, FieldProblem> {
    if matches!(text, "api" | "synchronous") || text.starts_with("webhook:") {
        return Ok(text.to_owned());
    }
    let rule = "must be api, synchronous, or webhook: and the name of a source";
    Err(FieldProblem::at("", "source", rule))
}

fn app(value: Option<&str>, config: &Config) -> Result<AppId, Problem> {
    let Some(value) = value else {
        return Ok(config.default_app.clone());
    };
    let app = AppId::parse(value).map_err(|error| FieldProblem::at("", "app_id", error.0))?;
    if config.serves(&app) {
        Ok(app)
    } else {
        Err(Problem::NotServed("/app_id".to_owned()))
    }
}

fn bounded(
    name: &str,
    value: Option<&str>,
    default: u32,
    least: u32,
    most: u32,
) -> Result<u32, FieldProblem> {
    let Some(value) = value else {
        return Ok(default);
    };
    whole_number(value)
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| {
            FieldProblem::at(
                "",
                name,
                format!("must be a whole number from {least} to {most}"),
            )
        })
}
