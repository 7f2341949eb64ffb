//! Reads one source from the text of its configuration. All mistakes are collected and named.

use serde_json::Value;

use super::{REALTIMEKIT, Settings, Source, realtimekit, signed};
use crate::config_problem::ConfigProblem;
use crate::ids::AppId;
use crate::webhooks::event::{Unreadable, parse_unique};
use crate::webhooks::rules::Problem;

/// Creates a problem with a field of a source, or with the source itself.
pub fn problem(source: &str, field: &str, rule: &str) -> ConfigProblem {
    let dot = if field.is_empty() { "" } else { "." };
    // An invalid name may be a misplaced secret.
    let source = if is_name(source) { source } else { "…" };
    ConfigProblem {
        name: format!("WEBHOOKS.{source}{dot}{field}"),
        message: rule.to_owned(),
    }
}

/// Reads a source, with what `WEBHOOK_SECRETS` has for it.
pub fn read(
    name: &str,
    json: &str,
    secret: Option<&Value>,
    settings: &Settings<'_>,
) -> Result<Source, Vec<ConfigProblem>> {
    if !is_name(name) {
        let rule = "must be named with 1 to 32 of a-z, 0-9 and '-': the name is part of the path";
        return Err(vec![problem(name, "", rule)]);
    }
    let value = parse_unique(json).map_err(|wrong| vec![unreadable(name, &wrong)])?;
    let mut problems = Vec::new();
    let scheme = value.get("scheme").and_then(Value::as_str);
    let read = if name == REALTIMEKIT || scheme == Some(REALTIMEKIT) {
        realtimekit::read(value, secret, settings, &mut problems)
    } else {
        signed::read(name, value, secret, settings, &mut problems)
    };
    match read {
        Some((app, sender)) if problems.is_empty() => Ok(Source {
            name: name.to_owned(),
            app,
            sender,
        }),
        _ => Err(problems
            .iter()
            .map(|(field, rule)| problem(name, field, rule))
            .collect()),
    }
}

/// Describes what cannot be parsed. A duplicate name has its whole path: it is not for us to choose which one counts.
fn unreadable(source: &str, wrong: &Unreadable) -> ConfigProblem {
    if wrong.twice {
        let rule = "is given twice: leave one of them out";
        return problem(source, &shown(&wrong.at), rule);
    }
    let field = shown(wrong.at.get(..1).unwrap_or_default());
    problem(source, &field, &format!("cannot be read: {}", wrong.error))
}

/// Returns the path to a place in a source. A part that is no field, index or, in `when`, JSON pointer may be a secret in
/// the wrong place.
fn shown(path: &[String]) -> String {
    let mut shown = Vec::new();
    for part in path {
        let is_place = shown.last() == Some(&"when") && part.starts_with('/');
        let is_index = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        let plain = is_field(part) || is_index || is_place;
        shown.push(if plain { part } else { "…" });
    }
    shown.join(".")
}

/// Returns whether this can be a field's name.
pub fn is_field(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed)
}

/// Returns the app of a source: the default one, or one of those served.
pub fn app(
    text: Option<&str>,
    settings: &Settings<'_>,
    problems: &mut Vec<Problem>,
) -> Option<AppId> {
    let mut apps = settings.apps.iter();
    let found = match text {
        None => apps.next(),
        Some(text) => apps.find(|app| app.as_str() == text),
    };
    if found.is_none() && !settings.apps.is_empty() {
        let rule = "must be one of REALTIMEKIT_APP_IDS".to_owned();
        problems.push(("app_id".to_owned(), rule));
    }
    found.cloned()
}
