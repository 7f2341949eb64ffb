//! The rules of `POST /sim/faults` and the order they apply in. Plain data: nothing here touches a connection.

use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// One rule, which fires for the first `times` requests that it applies to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(default, rename = "match")]
    pub(crate) matcher: Matcher,
    /// How many times the rule fires; 0 means no limit.
    #[serde(default = "once")]
    pub(crate) times: u64,
    /// A delay before anything else happens.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    pub(crate) fault: Fault,
}

fn once() -> u64 {
    1
}

/// Which requests a rule applies to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Matcher {
    pub(crate) method: Option<String>,
    /// A substring of path and query, as they arrived.
    pub(crate) path: Option<String>,
    /// The number of matching requests to let through first.
    pub(crate) after: u64,
}

/// A rule with its counters.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ActiveRule {
    #[serde(flatten)]
    rule: Rule,
    matched: u64,
    fired: u64,
}

/// The active rules, in order.
#[derive(Debug, Default)]
pub(crate) struct FaultRules {
    rules: Vec<ActiveRule>,
}

impl FaultRules {
    pub(crate) fn add(&mut self, rules: Vec<Rule>) {
        let new = rules.into_iter();
        self.rules.extend(new.map(|rule| ActiveRule {
            rule,
            matched: 0,
            fired: 0,
        }));
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Returns the rules that can still fire.
    pub(crate) fn left(&self) -> &[ActiveRule] {
        &self.rules
    }

    /// Returns the first rule that fires for this request. A rule that has fired `times` times is removed.
    pub(crate) fn strike(&mut self, method: &str, path_and_query: &str) -> Option<Rule> {
        for index in 0..self.rules.len() {
            let active = self.rules.get_mut(index)?;
            if !active.rule.matcher.matches(method, path_and_query) {
                continue;
            }
            active.matched += 1;
            if active.matched <= active.rule.matcher.after {
                continue;
            }
            active.fired += 1;
            let rule = active.rule.clone();
            if active.fired == rule.times {
                self.rules.remove(index);
            }
            return Some(rule);
        }
        None
    }
}

impl Matcher {
    fn matches(&self, method: &str, path_and_query: &str) -> bool {
        let method_fits = self
            .method
            .as_ref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let path_fits = self
            .path
            .as_ref()
            .is_none_or(|part| path_and_query.contains(part.as_str()));
        method_fits && path_fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> FaultRules {
        let mut rules = FaultRules::default();
        rules.add(serde_json::from_str(json).unwrap());
        rules
    }

    fn status(rule: Option<Rule>) -> Option<u16> {
        match rule?.fault {
            Fault::Status(fault) => Some(fault.status),
            _ => None,
        }
    }

    #[test]
    fn rules_fire_in_order_each_as_often_as_it_says() {
        let mut rules = rules(
            r#"[{"times":2,"fault":{"kind":"status","status":500}},
                {"match":{"method":"delete"},"fault":{"kind":"status","status":501}},
                {"times":0,"fault":{"kind":"status","status":502}}]"#,
        );
        let seen: Vec<_> = ["GET", "DELETE", "GET", "DELETE", "GET", "DELETE"]
            .iter()
            .map(|method| status(rules.strike(method, "/")).unwrap())
            .collect();
        assert_eq!(seen, [500, 500, 502, 501, 502, 502]);
        assert_eq!(rules.left().len(), 1);
    }

    #[test]
    fn a_rule_is_for_what_it_matches_and_lets_some_pass_first() {
        let mut rules = rules(
            r#"[{"match":{"method":"GET","path":"page_no=2","after":1},"fault":{"kind":"status","status":500}}]"#,
        );
        assert_eq!(status(rules.strike("POST", "/meetings?page_no=2")), None);
        assert_eq!(status(rules.strike("GET", "/meetings?page_no=1")), None);
        assert_eq!(status(rules.strike("GET", "/meetings?page_no=2")), None);
        assert_eq!(
            status(rules.strike("GET", "/meetings?page_no=2")),
            Some(500)
        );
        assert_eq!(status(rules.strike("GET", "/meetings?page_no=2")), None);
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for wrong in [
            r#"{"fault":{"kind":"status"}}"#,
            r#"{"fault":{"kind":"hang","effekt":true}}"#,
            r#"{"fault":{"kind":"nonsense"}}"#,
            r#"{"match":{"pfad":"/"},"fault":{"kind":"hang"}}"#,
        ] {
            assert!(serde_json::from_str::<Rule>(wrong).is_err(), "{wrong}");
        }
    }
}
