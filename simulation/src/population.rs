//! The meetings and participants of the modelled app, and what has happened to them.

use std::collections::BTreeMap;

use crate::clock::START;

/// A year in milliseconds.
const YEAR: u64 = 365 * 24 * 3_600_000;

/// A meeting.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Its id.
    pub id: String,
    /// Whether it may be joined.
    pub active: bool,
    /// When it was created.
    pub created_at: u64,
    /// Its participants, in order of creation.
    pub participants: Vec<Participant>,
}

/// A participant, kept here even after its deletion.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Its id.
    pub id: String,
    /// The customer's id of the user.
    pub user: String,
    /// When it was added.
    pub added_at: u64,
    /// When and how it was deleted.
    pub gone: Option<Gone>,
    /// Whether a peer of theirs is in the live session and was never kicked.
    pub live: bool,
    /// When a kicked peer of theirs comes back.
    pub back_at: Option<u64>,
}

/// How a participant was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// When.
    pub at: u64,
    /// Whether by one of the ledger's DELETEs.
    pub by_us: bool,
}

/// All meetings and participants.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// The meetings, in order of creation.
    pub meetings: Vec<Meeting>,
    /// Whether lists start with the newest.
    pub newest_first: bool,
    at: BTreeMap<String, usize>,
    participants: u64,
}

impl Population {
    /// Adds a meeting a year before the run, each a minute after the one before it.
    pub fn add_meeting(&mut self, active: bool) -> usize {
        let minutes = self.meetings.len() as u64;
        self.add_meeting_at(active, START - YEAR + minutes * 60_000)
    }

    /// Adds a meeting that is created at `now`.
    pub fn add_meeting_at(&mut self, active: bool, now: u64) -> usize {
        let number = self.meetings.len();
        let id = format!("00000000-0000-4000-8000-{number:012}");
        self.at.insert(id.clone(), number);
        self.meetings.push(Meeting {
            id,
            active,
            created_at: now,
            participants: Vec::new(),
        });
        number
    }

    /// Adds a participant.
    pub fn add(&mut self, meeting: usize, user: &str, now: u64) {
        self.participants += 1;
        let id = format!("p{}", self.participants);
        if let Some(meeting) = self.meetings.get_mut(meeting) {
            let live = meeting.active && self.participants.is_multiple_of(3);
            meeting.participants.push(Participant {
                id,
                user: user.to_owned(),
                added_at: now,
                gone: None,
                live,
                back_at: None,
            });
        }
    }

    /// Returns a meeting by id.
    pub fn meeting(&mut self, id: &str) -> Option<&mut Meeting> {
        self.at.get(id).and_then(|at| self.meetings.get_mut(*at))
    }

    /// Returns somebody who is or was in a meeting.
    #[must_use]
    pub fn known(&self, meeting: &str, participant: &str) -> Option<&Participant> {
        let meeting = self.meetings.get(*self.at.get(meeting)?)?;
        meeting.participants.iter().find(|p| p.id == participant)
    }

    /// Adds a participant to the meeting with this id.
    pub fn add_to(&mut self, meeting: &str, user: &str, now: u64) {
        if let Some(meeting) = self.at.get(meeting).copied() {
            self.add(meeting, user, now);
        }
    }

    /// Deletes the participant who is listed first. Returns `false` if there is none.
    pub fn lose_first_listed(&mut self, meeting: &str, now: u64) -> bool {
        let newest_first = self.newest_first;
        let Some(meeting) = self.meeting(meeting) else {
            return false;
        };
        let first = if newest_first {
            meeting.present().next_back()
        } else {
            meeting.present().next()
        };
        let id = first.map(|participant| participant.id.clone());
        let gone = Gone {
            at: now,
            by_us: false,
        };
        id.is_some_and(|id| meeting.delete(&id, gone))
    }

    /// Returns a participant who is present.
    pub fn participant(&mut self, meeting: &str, participant: &str) -> Option<&Participant> {
        let mut people = self.meeting(meeting)?.present();
        people.find(|p| p.id == participant)
    }

    /// Returns the number of participants present.
    #[must_use]
    pub fn present(&self) -> usize {
        self.meetings
            .iter()
            .map(|meeting| meeting.present().count())
            .sum()
    }
}

impl Participant {
    /// Returns whether a peer of theirs is in the live session.
    #[must_use]
    pub fn is_live(&self, now: u64) -> bool {
        self.live || self.back_at.is_some_and(|back| back <= now)
    }
}

impl Meeting {
    /// Iterates over the participants present, oldest first.
    #[must_use = "an iterator does nothing by itself"]
    pub fn present(&self) -> impl DoubleEndedIterator<Item = &Participant> {
        self.participants
            .iter()
            .filter(|participant| participant.gone.is_none())
    }

    /// Deletes a participant. Returns `false` if there is none.
    pub fn delete(&mut self, id: &str, gone: Gone) -> bool {
        let found = self
            .participants
            .iter_mut()
            .find(|p| p.id == id && p.gone.is_none());
        found.is_some_and(|participant| {
            participant.gone = Some(gone);
            true
        })
    }
}
