//! What answers' `Ratelimit` headers say of the requests that are left.

use serde::{Deserialize, Serialize};

/// More hints than this at a time are thinned out: the strictest stay.
const MAX_HINTS: usize = 32;

/// "At most so many more until then", out of one answer's `Ratelimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hint {
    pub more: u32,
    /// When none was left, or when it was heard.
    #[serde(default)]
    pub since: u64,
    pub until: u64,
}

/// All hints in force, none of which says what another one does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hints(Vec<Hint>);

impl Hints {
    /// A request is about to leave.
    pub fn send(&mut self, now: u64) {
        for hint in &mut self.0 {
            if hint.more == 1 {
                hint.since = now;
            }
            hint.more = hint.more.saturating_sub(1);
        }
    }

    /// Those that bind while `free` requests may leave.
    pub fn binding(&self, free: u32, now: u64) -> Self {
        let binds = |hint: &&Hint| hint.until > now && hint.more < free;
        Self(self.0.iter().filter(binds).copied().collect())
    }

    /// The one that lets nothing leave for longest.
    pub fn spent(&self, now: u64) -> Option<&Hint> {
        let spent = self.0.iter().filter(|hint| hint.more == 0);
        spent
            .filter(|hint| hint.until > now)
            .max_by_key(|hint| hint.until)
    }

    /// How many requests may leave by those in force.
    pub fn left(&self, now: u64) -> u32 {
        let in_force = self.0.iter().filter(|hint| hint.until > now);
        in_force.map(|hint| hint.more).min().unwrap_or(u32::MAX)
    }

    /// Drops those whose time is over.
    pub fn expire(&mut self, now: u64) {
        self.0.retain(|hint| hint.until > now);
    }

    /// Adds one and drops those that it makes superfluous.
    pub fn add(&mut self, new: Hint) {
        let implied = |a: &Hint, b: &Hint| b.more <= a.more && b.until >= a.until;
        if self.0.iter().any(|hint| implied(&new, hint)) {
            return;
        }
        self.0.retain(|hint| !implied(hint, &new));
        self.0.push(new);
        if self.0.len() > MAX_HINTS {
            let loosest = self.0.iter().enumerate();
            let loosest = loosest.max_by_key(|(_, hint)| hint.more);
            if let Some((at, _)) = loosest {
                self.0.swap_remove(at);
            }
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
