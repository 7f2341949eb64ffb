//! The rules of `POST /sim/faults` and their order. Plain data: nothing here touches a connection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kit::ListLie;

/// One rule: for requests that match, `times` times.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(default, rename = "match")]
    pub(crate) matcher: Matcher,
    /// How often; 0 is for ever.
    #[serde(default = "once")]
    pub(crate) times: u64,
    /// Waits this long before anything else happens.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    pub(crate) fault: Fault,
}

/// Which requests a rule is for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Matcher {
    pub(crate) method: Option<String>,
    /// A part of path and query, as they arrived.
    pub(crate) path: Option<String>,
    /// Lets this many matching requests pass first.
    pub(crate) after: u64,
}

/// The envelope of an error.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    Realtimekit,
    V4,
}

/// What goes wrong. `effect` says whether the request is carried out before its answer is spoilt.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// This status, with an error body by default.
    Status {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A string is sent as it is, anything else as JSON.
        body: Option<Value>,
        /// By default `v4` for 401, 403 and 429, which the gateway answers, and `realtimekit` otherwise.
        shape: Option<Shape>,
        code: Option<i64>,
        message: Option<String>,
        #[serde(default)]
        effect: bool,
    },
    /// A late but normal answer.
    Latency { ms: u64 },
    /// No answer, ever.
    Hang {
        #[serde(default)]
        effect: bool,
    },
    /// The connection breaks; nothing has happened.
    DropBefore,
    /// The connection breaks; it has happened.
    DropAfter,
    /// `content-length` promises `missing` bytes more than come.
    TruncateBody {
        #[serde(default = "some_bytes")]
        missing: u64,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 200 with JSON that stops in the middle.
    BrokenJson {
        #[serde(default = "yes")]
        effect: bool,
    },
    /// An HTML page.
    Html {
        #[serde(default = "ok")]
        status: u16,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// A redirect.
    Redirect {
        #[serde(default = "temporary_redirect")]
        status: u16,
        location: String,
        #[serde(default)]
        effect: bool,
    },
    /// 200 with well-formed JSON of `bytes` bytes.
    Oversize {
        bytes: u64,
        #[serde(default = "yes")]
        content_length: bool,
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 204 without a body.
    NoContent {
        #[serde(default = "yes")]
        effect: bool,
    },
    /// 200 with `success: false`.
    SuccessFalse {
        #[serde(default)]
        effect: bool,
    },
    /// A list page with fewer rows than there are.
    ShortPage { rows: Option<usize> },
    /// A list whose `total_count` is too low.
    Shrink { total_count: Option<usize> },
    /// A list page with the rows of the page before.
    Repeat,
    /// A list page whose `paging` is nonsense.
    WrongPaging {
        #[serde(default)]
        start_offset: usize,
        #[serde(default)]
        end_offset: usize,
        #[serde(default)]
        total_count: usize,
    },
}

fn once() -> u64 {
    1
}

fn ok() -> u16 {
    200
}

fn temporary_redirect() -> u16 {
    307
}

fn some_bytes() -> u64 {
    64
}

fn yes() -> bool {
    true
}

impl Fault {
    /// How a list is to lie for this fault.
    pub(crate) fn list_lie(&self) -> ListLie {
        match *self {
            Self::ShortPage { rows } => ListLie::ShortPage(rows),
            Self::Shrink { total_count } => ListLie::Shrink(total_count),
            Self::Repeat => ListLie::Repeat,
            Self::WrongPaging {
                start_offset,
                end_offset,
                total_count,
            } => ListLie::WrongPaging {
                start_offset,
                end_offset,
                total_count,
            },
            _ => ListLie::None,
        }
    }
}

/// A rule with its counters.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ActiveRule {
    #[serde(flatten)]
    rule: Rule,
    matched: u64,
    fired: u64,
}

/// The rules in force, in order.
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

    /// The rules that can still fire.
    pub(crate) fn left(&self) -> &[ActiveRule] {
        &self.rules
    }

    /// The first rule that fires for this request. A rule that has fired `times` times is gone.
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
            Fault::Status { status, .. } => Some(status),
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
