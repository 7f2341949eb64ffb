//! The names of variables and secrets, and what a misspelt one most likely means.

use serde_json::Value;

use super::{ConfigProblem, Variables};

/// Every variable and secret that is read, except `WEBHOOKS`.
pub const NAMES: [&str; 12] = [
    "API_REQUESTS_PER_5_MINUTES",
    "CALLER_TOKENS",
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_API_BASE_URL",
    "CLOUDFLARE_API_TOKEN",
    "GIVE_UP_AFTER_HOURS",
    "LEDGER_RETENTION_DAYS",
    "REALTIMEKIT_APP_IDS",
    "REALTIMEKIT_WEBHOOK_KEY_URL",
    "RECORD_SYNCHRONOUS_REMOVALS",
    "SYNCHRONOUS_SHARE_PERCENT",
    "WEBHOOK_SECRETS",
];

/// The remaining variable. Its name is so short that a similarly named text may well belong to something else.
const WEBHOOKS: &str = "WEBHOOKS";

/// Up to this many letters off, a name counts as a typo.
const MAX_TYPO_DISTANCE: usize = 2;

/// Reports a name that is almost that of a variable not in `set`, or of its beginning: passed over, it would be a
/// setting that silently has no effect. Beside the variable itself, it may be a spare.
pub fn misspelt(name: &str, set: &[String], variables: Variables<'_>) -> Option<ConfigProblem> {
    if NAMES.contains(&name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let off = |known: &str| strsim::osa_distance(known, &upper);
    // A much shorter name may be the beginning of anything.
    let begins = |known: &str| known.starts_with(&upper) && upper.len() * 3 >= known.len() * 2;
    let meant = NAMES
        .into_iter()
        .find(|known| off(known) <= MAX_TYPO_DISTANCE || begins(known))
        .or_else(|| (off(WEBHOOKS) <= 1 && holds_sources(variables, name)).then_some(WEBHOOKS))
        .filter(|known| set.iter().all(|name| name != known))?;
    Some(ConfigProblem {
        name: name.to_owned(),
        message: format!("is not read: did you mean {meant}?"),
    })
}

/// Returns whether a variable consists of tables, as the webhook sources do.
fn holds_sources(variables: Variables<'_>, name: &str) -> bool {
    let value = variables(name).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let tables = value.as_ref().and_then(Value::as_object);
    tables.is_some_and(|tables| !tables.is_empty() && tables.values().all(Value::is_object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::complete;
    use crate::config::{Variables, parse, read};

    #[test]
    fn every_name_that_is_read_is_known() {
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let map = complete();
        parse(&|name| {
            asked.borrow_mut().insert(name.to_owned());
            map.get(name).cloned()
        })
        .unwrap();
        let mut known: Vec<&str> = NAMES.into_iter().chain([WEBHOOKS]).collect();
        known.sort_unstable();
        assert_eq!(asked.into_inner().into_iter().collect::<Vec<_>>(), known);
    }

    #[test]
    fn a_misspelt_name_is_told_and_not_passed_over() {
        let map = complete();
        let variables: Variables<'_> = &|name| map.get(name).cloned();
        let told = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let problems = read(variables, &names).err().unwrap_or_default();
            let problems = problems.iter().map(ToString::to_string);
            problems.collect::<Vec<String>>()
        };
        assert_eq!(
            told(&[
                "LEDGER_RETENTON_DAYS",
                "GIVE_UP_AFTR_HOUR",
                "IV_UP_AFTR_HOURS",
                "caller_tokens",
                "CLOUDFLARE_API_TOKEN",
                "CLOUDFLARE_API_TOKEN_2",
                "LEDGER",
                "WEBHOOK",
                "SENTRY_DSN"
            ]),
            [
                "LEDGER_RETENTON_DAYS is not read: did you mean LEDGER_RETENTION_DAYS?",
                "GIVE_UP_AFTR_HOUR is not read: did you mean GIVE_UP_AFTER_HOURS?",
                "caller_tokens is not read: did you mean CALLER_TOKENS?"
            ]
        );
        assert_eq!(
            told(&[
                "LEDGER_RETENTION",
                "API_REQUESTS_PER_5_MIN",
                "CLOUDFLARE_API",
                "CLOUDFLARE_API_TOKEN",
                "LEDGER"
            ]),
            [
                "LEDGER_RETENTION is not read: did you mean LEDGER_RETENTION_DAYS?",
                "API_REQUESTS_PER_5_MIN is not read: did you mean API_REQUESTS_PER_5_MINUTES?"
            ]
        );
        assert!(told(&["CALLER_TOKENS", "CALLER_TOKENS_2", "WEBHOOKS"]).is_empty());
        let missing = read(&|_| None, &["CALER_TOKENS".to_owned()]).unwrap_err();
        assert!(
            missing
                .iter()
                .any(|problem| problem.name == "CALLER_TOKENS")
        );
        assert!(missing.iter().any(|problem| problem.name == "CALER_TOKENS"));
    }

    #[test]
    fn a_misspelt_name_hides_no_mistake_in_a_source() {
        let mut map = complete();
        map.insert("WEBHOOKS", r#"{"clerk":{"preset":"clerk"}}"#.to_owned());
        let set = ["LEDGER_RETENTON_DAYS".to_owned()];
        let problems = read(&|name| map.get(name).cloned(), &set).unwrap_err();
        let found: Vec<_> = problems.iter().map(|problem| &*problem.name).collect();
        assert_eq!(found, ["WEBHOOKS.clerk", "LEDGER_RETENTON_DAYS"]);
    }

    #[test]
    fn sources_under_another_name_are_told_and_somebody_elses_variable_is_not() {
        let told = |name: &str, value: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            misspelt(name, &names, &|_| Some(value.to_owned())).map(|problem| problem.to_string())
        };
        let sources = r#"{"realtimekit":{"meeting_ended":true}}"#;
        for name in ["WEBHOOK", "webhooks", "WEBHOKS", "Webhook"] {
            let expected = format!("{name} is not read: did you mean WEBHOOKS?");
            assert_eq!(told(name, sources, &[name]), Some(expected));
        }
        assert_eq!(told("WEBHOOK", sources, &["WEBHOOK", "WEBHOOKS"]), None);
        assert_eq!(told("HOOKS", sources, &["HOOKS"]), None);
        for text in [
            "https://hooks.example/x",
            r#"{"url":"x"}"#,
            "{}",
            "{}x",
            "7",
        ] {
            assert_eq!(told("WEBHOOK", text, &["WEBHOOK"]), None);
        }
    }
}
