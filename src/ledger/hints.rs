//! What the `Ratelimit` headers of responses say about the requests left.

use serde::{Deserialize, Serialize};

/// The maximum number of hints kept: the strictest stay.
const MAX_HINTS: usize = 32;

/// "At most `more` requests until `until`", from one response's `Ratelimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hint {
    pub more: u32,
    /// When it ran out, or else when it was received.
    #[serde(default)]
    pub since: u64,
    pub until: u64,
}

/// All hints in force, none of which is implied by another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hints(Vec<Hint>);

impl Hints {
    pub fn send(&mut self, now: u64) {
        for hint in &mut self.0 {
            if hint.more == 1 {
                hint.since = now;
            }
            hint.more = hint.more.saturating_sub(1);
        }
    }

    /// Returns those that bind while `free` requests may leave.
    pub fn binding(&self, free: u32, now: u64) -> Self {
        let binds = |hint: &&Hint| hint.until > now && hint.more < free;
        Self(self.0.iter().filter(binds).copied().collect())
    }

    /// Returns the one that lets nothing leave for longest.
    pub fn spent(&self, now: u64) -> Option<&Hint> {
        let spent = self.0.iter().filter(|hint| hint.more == 0);
        spent
            .filter(|hint| hint.until > now)
            .max_by_key(|hint| hint.until)
    }

    /// Returns how many requests those in force allow.
    pub fn left(&self, now: u64) -> u32 {
        let in_force = self.0.iter().filter(|hint| hint.until > now);
        in_force.map(|hint| hint.more).min().unwrap_or(u32::MAX)
    }

    pub fn expire(&mut self, now: u64) {
        self.0.retain(|hint| hint.until > now);
    }

    /// Adds one and drops those that it makes redundant.
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
