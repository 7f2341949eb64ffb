//! What the ledger has heard of the limit, and what it may send by that.
//!
//! What is heard counts from the end of its turn: what was chosen before it was heard leaves with it still. What is heard
//! in a turn that is undone was not heard.

use participant_remover::realtimekit::RawAnswer;
use participant_remover::realtimekit::limits::RateLimit;

/// How long a block lasts that says nothing sensible, in milliseconds.
const DEFAULT_BLOCK: u64 = 300_000;
/// A block lasts between a second and an hour, in milliseconds.
const BLOCKS: std::ops::RangeInclusive<u64> = 1_000..=3_600_000;

/// "At most so many more until then", out of one answer's `Ratelimit`.
#[derive(Debug, Clone, Copy)]
struct Hint {
    more: u64,
    until: u64,
    /// Whether it was heard by the alarm that is at work.
    binds: bool,
}

/// The token was refused.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// For a delete: then only a delete shows that it is good.
    for_delete: bool,
}

/// What was heard.
#[derive(Debug, Default)]
pub struct Heard {
    stop: u64,
    hints: Vec<Hint>,
    new_stop: u64,
    new_hints: Vec<Hint>,
    doubt: u64,
    refused: Option<Refused>,
    /// The first request that left against what was heard.
    pub against: Option<String>,
}

impl Heard {
    /// An answer is heard, to a delete or to something else.
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

    /// A 429 forbids everything for the time that it asks for, in milliseconds.
    pub fn block(&mut self, asked: Option<u64>, now: u64) {
        let time = asked.map_or(DEFAULT_BLOCK, |asked| {
            asked.clamp(*BLOCKS.start(), *BLOCKS.end())
        });
        self.new_stop = self.new_stop.max(now + time);
    }

    /// The turn in which it was heard is durable, or undone.
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

    /// A new instance begins. Of the headers the ledger stores only those that limit more than its own count does at the
    /// time, so what is left of the others is not held against it.
    pub fn instance_begins(&mut self) {
        self.doubt = 0;
        for hint in &mut self.hints {
            hint.binds = false;
        }
    }

    /// Whether something was heard in a turn that is undone: the instance may remember it, and then stands still.
    #[must_use]
    pub fn in_doubt(&self, now: u64) -> bool {
        now < self.doubt
    }

    /// A request leaves.
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

    /// Another answer than that to a delete shows as well now that the token is good.
    pub fn forget_deletes(&mut self) {
        if let Some(refused) = &mut self.refused {
            refused.for_delete = false;
        }
    }

    /// Whether the token was refused, and nothing has shown since that it is good: then one request tries it at a time.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether a 429 forbids requests.
    #[must_use]
    pub fn is_stopped(&self, now: u64) -> bool {
        now < self.stop
    }

    /// How many requests may leave by the headers in force.
    #[must_use]
    pub fn hinted(&self, now: u64) -> u64 {
        let in_force = self.hints.iter().filter(|hint| hint.until > now);
        in_force.map(|hint| hint.more).min().unwrap_or(u64::MAX)
    }
}
