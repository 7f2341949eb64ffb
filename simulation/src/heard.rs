//! What the ledger has learned about the limit, and what this allows it to send.
//!
//! It takes effect at the end of the turn in which it was learned: requests chosen earlier are still sent. What was
//! learned in a turn that is rolled back does not count.

use participant_remover::realtimekit::RawAnswer;
use participant_remover::realtimekit::limits::RateLimit;

/// The length of a block that gives no sensible time, in milliseconds.
const DEFAULT_BLOCK: u64 = 300_000;
/// The minimum and maximum length of a block, one second and one hour, in milliseconds.
const BLOCKS: std::ops::RangeInclusive<u64> = 1_000..=3_600_000;

/// "At most this many more until then", from one response's `Ratelimit`.
#[derive(Debug, Clone, Copy)]
struct Hint {
    more: u64,
    until: u64,
    /// Whether the current instance learned it.
    binds: bool,
}

/// The record of a refused token.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Whether a delete was refused: then only a delete shows that the token is valid again.
    for_delete: bool,
}

/// What has been learned.
#[derive(Debug, Default)]
pub struct Heard {
    stop: u64,
    hints: Vec<Hint>,
    new_stop: u64,
    new_hints: Vec<Hint>,
    doubt: u64,
    refused: Option<Refused>,
    /// The first request sent in violation of it.
    pub against: Option<String>,
}

impl Heard {
    /// Takes in a response, to a delete or to something else.
    pub fn answer(&mut self, answer: &RawAnswer, deletes: bool, now: u64) {
        match (answer.status, self.refused) {
            (401 | 403, earlier) => {
                let for_delete = deletes || earlier.is_some_and(|refused| refused.for_delete);
                self.refused = Some(Refused { for_delete });
            }
            (429 | 500.., _) => {}
            (_, Some(Refused { for_delete })) if for_delete && !deletes => {}
            _ => self.refused = None,
        }
        if answer.status == 429 {
            let asked = answer.retry_after.as_deref();
            let seconds = asked.and_then(|text| text.parse::<u64>().ok());
            self.block(seconds.map(|seconds| seconds.saturating_mul(1_000)), now);
        }
        let left = RateLimit::of(answer).left.into_iter();
        self.new_hints.extend(left.map(|left| Hint {
            more: left.requests.into(),
            until: now + u64::from(left.seconds) * 1_000,
            binds: true,
        }));
    }

    /// Blocks everything, after a 429, for the time that it asks for, in milliseconds.
    pub fn block(&mut self, asked: Option<u64>, now: u64) {
        let time = asked.map_or(DEFAULT_BLOCK, |asked| {
            asked.clamp(*BLOCKS.start(), *BLOCKS.end())
        });
        self.new_stop = self.new_stop.max(now + time);
    }

    /// Ends the turn in which something was learned: it is durable, or rolled back.
    pub fn turn_is_durable(&mut self, durable: bool) {
        let (stop, hints) = (
            std::mem::take(&mut self.new_stop),
            std::mem::take(&mut self.new_hints),
        );
        if durable {
            self.stop = self.stop.max(stop);
            self.hints.extend(hints);
        } else {
            let hinted = hints.iter().map(|hint| hint.until).max();
            self.doubt = self.doubt.max(stop).max(hinted.unwrap_or(0));
        }
    }

    /// Starts a new instance. Of the headers, the ledger stores only those that are stricter than its own count at the
    /// time, so the others are no longer enforced.
    pub fn instance_begins(&mut self) {
        self.doubt = 0;
        for hint in &mut self.hints {
            hint.binds = false;
        }
    }

    /// Returns whether something was learned in a turn that was rolled back: the instance may remember it, and then
    /// stands still.
    #[must_use]
    pub fn in_doubt(&self, now: u64) -> bool {
        now < self.doubt
    }

    /// Records that a request is sent, and checks that it may be.
    pub fn leaves(&mut self, now: u64) {
        self.hints.retain(|hint| hint.until > now);
        let spent = self.hints.iter().find(|hint| hint.more == 0 && hint.binds);
        if self.is_stopped(now) {
            let until = self.stop;
            self.against.get_or_insert_with(|| {
                format!("a request left at {now} while a 429 forbade it until {until}")
            });
        } else if let Some(Hint { until, .. }) = spent {
            self.against.get_or_insert_with(|| {
                format!("a request left at {now} beyond what `Ratelimit` allowed until {until}")
            });
        }
        for hint in &mut self.hints {
            hint.more = hint.more.saturating_sub(1);
        }
    }

    /// From now on, a response to something other than a delete also shows that the token is valid.
    pub fn forget_deletes(&mut self) {
        if let Some(refused) = &mut self.refused {
            refused.for_delete = false;
        }
    }

    /// Returns whether the token was refused and nothing has since shown that it is valid: then one request at a time
    /// tests it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Returns whether a 429 forbids requests.
    #[must_use]
    pub fn is_stopped(&self, now: u64) -> bool {
        now < self.stop
    }

    /// Returns how many requests the headers in force allow.
    #[must_use]
    pub fn hinted(&self, now: u64) -> u64 {
        let in_force = self.hints.iter().filter(|hint| hint.until > now);
        in_force.map(|hint| hint.more).min().unwrap_or(u64::MAX)
    }
}
