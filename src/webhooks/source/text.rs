//! One source, from the text of its configuration. Everything that is wrong is collected and named.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{REALTIMEKIT, Settings, Source, realtimekit, signed};
use crate::config::ConfigProblem;
use crate::ids::AppId;
use crate::webhooks::rules::Problem;

/// A problem with a field of a source, or with the source itself.
pub fn problem(source: &str, field: &str, rule: &str) -> ConfigProblem {
    let dot = if field.is_empty() { "" } else { "." };
    ConfigProblem {
        name: format!("WEBHOOKS.{source}{dot}{field}"),
        message: rule.to_owned(),
    }
}

/// Reads a source, with what `WEBHOOK_SECRETS` has for it.
pub fn read(
    name: &str,
    value: Value,
    secret: Option<&Value>,
    settings: &Settings<'_>,
) -> Result<Source, Vec<ConfigProblem>> {
    let mut problems = Vec::new();
    if !is_name(name) {
        let rule = "must be named with 1 to 32 of a-z, 0-9 and '-': the name stands in the path";
        problems.push((String::new(), rule.to_owned()));
    }
    let read = if name == REALTIMEKIT {
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

fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed)
}

/// Reads the fields of a table. Unknown ones are named by the message.
pub fn fields<T: DeserializeOwned>(
    field: &str,
    value: Value,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    match serde_json::from_value(value) {
        Ok(fields) => Some(fields),
        Err(error) => {
            problems.push((field.to_owned(), format!("cannot be read: {error}")));
            None
        }
    }
}

/// The app of a source: the default one, or one of those that are served.
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
    if found.is_none() {
        let rule = "must be one of REALTIMEKIT_APP_IDS".to_owned();
        problems.push(("app_id".to_owned(), rule));
    }
    found.cloned()
}
