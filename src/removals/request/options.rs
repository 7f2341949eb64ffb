//! The options of a removal.

use serde_json::value::RawValue;

use super::fields::{Fields, id, typed};
use crate::answer::{FieldProblem, Problem};
use crate::config::Config;
use crate::ids::AppId;
use crate::removal::order::{REASON_CHARS, RemovalOrder, Target};
use crate::rfc3339::milliseconds;

/// How far ahead `not_before` may lie, in milliseconds: a year.
pub const MAX_DELAY_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// The options of a removal, given beside the list for all targets, or with each of them.
#[derive(Clone)]
pub struct Options {
    pub app: AppId,
    pub kick: bool,
    pub dry_run: bool,
    pub not_before_ms: Option<u64>,
    pub reason: Option<String>,
}

impl Options {
    /// Returns the options of a removal that gives none.
    pub fn none(config: &Config) -> Self {
        Self {
            app: config.default_app.clone(),
            kick: true,
            dry_run: false,
            not_before_ms: None,
            reason: None,
        }
    }

    /// Returns the names of the options in which `other` differs.
    pub fn differences(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let same = [
            ("app_id", self.app == other.app),
            ("kick", self.kick == other.kick),
            ("dry_run", self.dry_run == other.dry_run),
            ("not_before", self.not_before_ms == other.not_before_ms),
            ("reason", self.reason == other.reason),
        ];
        let differs = |(name, same): (_, bool)| (!same).then_some(name);
        same.into_iter().filter_map(differs)
    }

    /// Returns the order to remove `targets` with these options.
    pub fn order(self, targets: Vec<Target>) -> RemovalOrder {
        RemovalOrder {
            app: self.app,
            targets,
            kick: self.kick,
            dry_run: self.dry_run,
            not_before_ms: self.not_before_ms,
            reason: self.reason,
        }
    }

    /// Reads the options of a removal; those not given are taken from `shared`.
    pub fn of(
        fields: &Fields<'_>,
        prefix: &str,
        shared: &Self,
        config: &Config,
        now_ms: u64,
    ) -> Result<Self, Problem> {
        let flag = |value, name| typed::<bool>(value, prefix, name, "must be true or false");
        let kick = flag(fields.kick, "kick")?.unwrap_or(shared.kick);
        let dry_run = flag(fields.dry_run, "dry_run")?.unwrap_or(shared.dry_run);
        let not_before_ms = not_before(fields.not_before, prefix, now_ms)?.or(shared.not_before_ms);
        let reason = reason(fields.reason, prefix)?.or_else(|| shared.reason.clone());
        let app = match id(fields.app_id, prefix, "app_id", AppId::parse)? {
            Some(app) if !config.serves(&app) => {
                return Err(Problem::NotServed(format!("{prefix}/app_id")));
            }
            Some(app) => app,
            None => shared.app.clone(),
        };
        Ok(Self {
            app,
            kick,
            dry_run,
            not_before_ms,
            reason,
        })
    }
}

fn not_before(
    value: Option<&RawValue>,
    prefix: &str,
    now_ms: u64,
) -> Result<Option<u64>, FieldProblem> {
    const RULE: &str = "must be a time like 2026-12-31T23:59:59Z (RFC 3339)";
    let wrong = |message: &str| FieldProblem::at(prefix, "not_before", message);
    let Some(text) = typed::<String>(value, prefix, "not_before", RULE)? else {
        return Ok(None);
    };
    let milliseconds = milliseconds(&text).ok_or_else(|| wrong(RULE))?;
    // A time before 1970 is in the past like any other: the removal starts at once.
    let milliseconds = u64::try_from(milliseconds).unwrap_or(0);
    if milliseconds > now_ms.saturating_add(MAX_DELAY_MS) {
        return Err(wrong("must not be more than a year ahead"));
    }
    Ok(Some(milliseconds))
}

fn reason(value: Option<&RawValue>, prefix: &str) -> Result<Option<String>, FieldProblem> {
    let text: Option<String> = typed(value, prefix, "reason", "must be a string")?;
    match text {
        Some(text) if text.chars().count() > REASON_CHARS || text.chars().any(char::is_control) => {
            Err(FieldProblem::at(
                prefix,
                "reason",
                format!(
                    "must have at most {REASON_CHARS} characters, none of them a control character"
                ),
            ))
        }
        text => Ok(text),
    }
}
