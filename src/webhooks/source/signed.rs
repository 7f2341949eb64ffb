//! Sources that sign with a configured key, or send a token.

use serde_json::Value;

use super::scheme::{self, SchemeName};
use super::table::Table;
use super::{Sender, Settings, text};
use crate::ids::AppId;
use crate::webhooks::pointer::Pointer;
use crate::webhooks::presets::{self, PRESETS, Preset};
use crate::webhooks::rules::{self, Problem, Rule, RuleText};

/// A source as written. `user`, `kick` and `delay_seconds` override the preset.
pub struct Fields {
    preset: Option<String>,
    scheme: Option<String>,
    pub tolerance_seconds: Option<u64>,
    pub header: Option<String>,
    app_id: Option<String>,
    user: Option<String>,
    kick: Option<bool>,
    delay_seconds: Option<u64>,
    message_id: Option<String>,
    rules: Option<Vec<Value>>,
}

impl Fields {
    fn of(value: Value, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut table = Table::of("", value, problems)?;
        let fields = Self {
            preset: table.text("preset"),
            scheme: table.text("scheme"),
            tolerance_seconds: table.number("tolerance_seconds"),
            header: table.text("header"),
            app_id: table.text("app_id"),
            user: table.text("user"),
            kick: table.flag("kick"),
            delay_seconds: table.number("delay_seconds"),
            message_id: table.text("message_id"),
            rules: table.list("rules"),
        };
        table.end();
        Some(fields)
    }
}

/// Reads a source.
pub fn read(
    name: &str,
    value: Value,
    secret: Option<&Value>,
    settings: &Settings<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(AppId, Sender)> {
    let fields = Fields::of(value, problems)?;
    let app = text::app(fields.app_id.as_deref(), settings, problems);
    let preset = preset(&fields, problems);
    let rules = rules(&fields, preset, problems);
    let message_id = message_id(&fields, preset, problems);
    let scheme = match (&fields.scheme, preset) {
        (Some(own), _) => SchemeName::parse(own, problems),
        (None, preset) => preset.map(|preset| preset.scheme),
    };
    // One of the wrong type has been reported already.
    if fields.scheme.is_none() && fields.preset.is_none() && problems.is_empty() {
        problems.push((String::new(), format!("needs {}", choices())));
    }
    let scheme = scheme.and_then(|scheme| {
        let own_tokens = settings.own_tokens;
        scheme::read(scheme, &fields, name, secret, own_tokens, problems)
    });
    let sender = Sender::Signed {
        scheme: scheme?,
        rules: rules?,
        message_id,
    };
    Some((app?, sender))
}

fn choices() -> String {
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    format!(
        "`preset`, one of {}; or `scheme`, one of {}, with `rules`",
        names.join(", "),
        SchemeName::list()
    )
}

fn preset(fields: &Fields, problems: &mut Vec<Problem>) -> Option<&'static Preset> {
    let name = fields.preset.as_deref()?;
    let mut wrong = |rule: String| problems.push(("preset".to_owned(), rule));
    if fields.scheme.is_some() {
        wrong(
            "brings its own scheme: leave `scheme` out, or write `rules` without a preset"
                .to_owned(),
        );
    }
    let found = presets::find(name);
    if found.is_none() {
        wrong(format!("is unknown: a source needs {}", choices()));
    }
    found
}

/// Returns the preset's rule, with its overrides, or the source's own rules, which replace it.
fn rules(
    fields: &Fields,
    preset: Option<&Preset>,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Rule>> {
    if let Some(own) = &fields.rules {
        let changes = [
            fields.user.is_some(),
            fields.kick.is_some(),
            fields.delay_seconds.is_some(),
        ];
        if changes.contains(&true) {
            let rule = "replace a preset's rule: write `user`, `kick` and `delay_seconds` into each of them";
            problems.push(("rules".to_owned(), rule.to_owned()));
        }
        return own_rules(own, problems);
    }
    let Some(preset) = preset else {
        if fields.preset.is_none() && fields.scheme.is_some() && problems.is_empty() {
            let rule = "is missing: without a preset nothing says which event removes whom";
            problems.push(("rules".to_owned(), rule.to_owned()));
        }
        return None;
    };
    let user = fields.user.as_deref().unwrap_or(preset.user);
    let text = RuleText::of_preset(preset, user, fields.kick, fields.delay_seconds);
    text.check()
        .map_err(|found| problems.extend(found))
        .ok()
        .map(|rule| vec![rule])
}

fn own_rules(values: &[Value], problems: &mut Vec<Problem>) -> Option<Vec<Rule>> {
    if values.is_empty() || values.len() > rules::MAX_RULES {
        let rule = format!("must be 1 to {} rules", rules::MAX_RULES);
        problems.push(("rules".to_owned(), rule));
        return None;
    }
    let mut read = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let place = format!("rules.{at}");
        let table = Table::of(&place, value.clone(), problems);
        let Some(text) = table.and_then(RuleText::of) else {
            continue;
        };
        let inside = |(field, rule)| (format!("{place}.{field}"), rule);
        match text.check() {
            Ok(rule) => read.push(rule),
            Err(found) => problems.extend(found.into_iter().map(inside)),
        }
    }
    Some(read)
}

fn message_id(
    fields: &Fields,
    preset: Option<&Preset>,
    problems: &mut Vec<Problem>,
) -> Option<Pointer> {
    let own = fields.message_id.as_deref();
    let text = own.or(preset.and_then(|preset| preset.message_id));
    rules::pointer("message_id", text, problems)
}
