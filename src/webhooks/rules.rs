//! Rules: which event of a source removes whom. The first rule that matches decides: one event creates one removal.

use serde_json::{Map, Value};

use super::pointer::Pointer;
use super::presets::Preset;
use super::source::table::Table;

/// One rule of a source that signs its messages with a [`super::Scheme`].
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The event: each pointer leads to one of its values.
    pub when: Vec<(Pointer, Vec<Value>)>,
    /// Whom to remove.
    pub action: Action,
    /// Whether they are kicked from a live session first.
    pub kick: bool,
    /// How long to wait, in seconds.
    pub delay_seconds: u64,
}

/// Whom a rule removes, and where a message says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `user everywhere`
    UserEverywhere {
        /// The user's id.
        user: Pointer,
    },
    /// `user in meeting`
    UserInMeeting {
        /// The user's id.
        user: Pointer,
        /// The meeting's id.
        meeting: Pointer,
    },
    /// `everyone in meeting`
    EveryoneInMeeting {
        /// The meeting's id.
        meeting: Pointer,
    },
}

/// What to do about one event of `RealtimeKit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealtimeKitRule {
    /// Whether people are kicked from a live session first.
    pub kick: bool,
    /// How long to wait, in seconds; somebody who joins again in that time stays.
    pub delay_seconds: u64,
}

/// The longest delay: 30 days.
pub const MAX_DELAY_SECONDS: u64 = 30 * 24 * 3600;

/// The maximum number of rules of a source.
pub const MAX_RULES: usize = 16;

const MAX_CONDITIONS: usize = 16;

/// A rule as written.
#[derive(Debug)]
pub struct RuleText {
    when: Map<String, Value>,
    action: String,
    user: Option<String>,
    meeting: Option<String>,
    kick: Option<bool>,
    delay_seconds: Option<u64>,
}

/// A problem: the field, relative to the place being read, and the rest of the sentence.
pub type Problem = (String, String);

impl RuleText {
    /// Reads a rule.
    #[must_use]
    pub fn of(mut table: Table<'_>) -> Option<Self> {
        let text = Self {
            // Where these are missing, checking the rule says what they must be.
            when: table.table("when").unwrap_or_default(),
            action: table.text("action").unwrap_or_default(),
            user: table.text("user"),
            meeting: table.text("meeting"),
            kick: table.flag("kick"),
            delay_seconds: table.number("delay_seconds"),
        };
        table.ends_right().then_some(text)
    }

    /// Creates the rule of a preset, with a source's changes.
    #[must_use]
    pub fn of_preset(
        preset: &Preset,
        user: &str,
        kick: Option<bool>,
        delay_seconds: Option<u64>,
    ) -> Self {
        // Inserted one by one: `collect` would sort them first, and nothing else in the Wasm module sorts.
        let mut when = Map::new();
        for (at, values) in preset.when {
            when.insert((*at).to_owned(), (*values).into());
        }
        Self {
            when,
            action: "user everywhere".to_owned(),
            user: Some(user.to_owned()),
            meeting: None,
            kick,
            delay_seconds,
        }
    }

    /// Checks a rule.
    pub fn check(self) -> Result<Rule, Vec<Problem>> {
        let mut problems = Vec::new();
        let when = conditions(&self.when, &mut problems);
        let before = problems.len();
        let user = pointer("user", self.user.as_deref(), &mut problems);
        let meeting = pointer("meeting", self.meeting.as_deref(), &mut problems);
        // An invalid pointer has already been reported; do not report it as missing as well.
        let action = (problems.len() == before)
            .then(|| action(&self.action, user, meeting, &mut problems))
            .flatten();
        let delay_seconds = delay(self.delay_seconds, &mut problems);
        match action {
            Some(action) if problems.is_empty() => Ok(Rule {
                when,
                action,
                // Whoever is deleted elsewhere may well be in a meeting right now.
                kick: self.kick.unwrap_or(true),
                delay_seconds,
            }),
            _ => Err(problems),
        }
    }
}

/// Reads `delay_seconds`.
pub fn delay(seconds: Option<u64>, problems: &mut Vec<Problem>) -> u64 {
    let seconds = seconds.unwrap_or(0);
    if seconds > MAX_DELAY_SECONDS {
        let rule = format!("must be at most {MAX_DELAY_SECONDS}, which is 30 days");
        problems.push(("delay_seconds".to_owned(), rule));
    }
    seconds
}

/// Parses a pointer, if there is one.
pub fn pointer(field: &str, text: Option<&str>, problems: &mut Vec<Problem>) -> Option<Pointer> {
    match Pointer::parse(text?) {
        Ok(pointer) => Some(pointer),
        Err(rule) => {
            problems.push((field.to_owned(), rule.to_owned()));
            None
        }
    }
}

fn conditions(
    when: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Vec<(Pointer, Vec<Value>)> {
    let mut wrong = |rule: &str| problems.push(("when".to_owned(), rule.to_owned()));
    if when.is_empty() || when.len() > MAX_CONDITIONS {
        wrong("must name 1 to 16 places, such as { \"/type\" = \"user.deleted\" }");
    }
    let mut conditions = Vec::new();
    for (place, values) in when {
        let values = match values {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        // The value becomes part of the removal's reason, which must not contain control characters.
        let printable = |text: &str| !text.chars().any(char::is_control);
        let plain = |value: &Value| match value {
            Value::String(text) => printable(text),
            value => value.is_i64() || value.is_boolean(),
        };
        if values.is_empty() || !values.iter().all(plain) {
            wrong(&format!(
                "{place:?} must have a text without control characters, a whole number, a boolean, or a list of these"
            ));
        }
        match Pointer::parse(place) {
            Ok(pointer) => conditions.push((pointer, values)),
            Err(rule) => wrong(&format!("{place:?} {rule}")),
        }
    }
    conditions
}

/// Returns the action of that name. Its pointers must be given, and no others: a `user` beside `everyone in meeting` is
/// a misunderstanding that would remove too many.
fn action(
    name: &str,
    user: Option<Pointer>,
    meeting: Option<Pointer>,
    problems: &mut Vec<Problem>,
) -> Option<Action> {
    let rule = match (name, user, meeting) {
        ("user everywhere", Some(user), None) => return Some(Action::UserEverywhere { user }),
        ("user in meeting", Some(user), Some(meeting)) => {
            return Some(Action::UserInMeeting { user, meeting });
        }
        ("everyone in meeting", None, Some(meeting)) => {
            return Some(Action::EveryoneInMeeting { meeting });
        }
        ("user everywhere", ..) => "\"user everywhere\" takes a pointer `user` and no `meeting`",
        ("user in meeting", ..) => "\"user in meeting\" takes the pointers `user` and `meeting`",
        ("everyone in meeting", ..) => {
            "\"everyone in meeting\" takes a pointer `meeting` and no `user`"
        }
        _ => "must be \"user everywhere\", \"user in meeting\" or \"everyone in meeting\"",
    };
    problems.push(("action".to_owned(), rule.to_owned()));
    None
}
