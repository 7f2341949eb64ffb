//! The targets of a run's removals.

use fastrand::Rng;
use participant_remover::ids::{AppId, CustomParticipantId, MeetingId, ParticipantId};
use participant_remover::removal::{RemovalOrder, Target};

use crate::clock::START;
use crate::population::{Meeting, Population};

/// The number of users: few, so that removals collide.
pub(super) const USERS: u8 = 5;

/// The users and meetings that a run's script draws from.
pub(super) struct Drawn<'a> {
    pub population: &'a Population,
    users: u8,
    /// The only meeting, or `None` for all.
    only: Option<usize>,
}

impl<'a> Drawn<'a> {
    pub(super) fn all(population: &'a Population) -> Self {
        Self {
            population,
            users: USERS,
            only: None,
        }
    }

    /// So few that removals often have the same targets.
    pub(super) fn few(population: &'a Population, chance: &mut Rng) -> Self {
        let meetings = population.meetings.len();
        Self {
            population,
            users: chance.u8(1..3),
            only: chance.bool().then(|| chance.usize(0..meetings)),
        }
    }

    pub(super) fn user(&self, chance: &mut Rng) -> String {
        format!("user-{}", chance.u8(0..self.users))
    }

    pub(super) fn meeting(&self, chance: &mut Rng) -> usize {
        self.only
            .unwrap_or_else(|| chance.usize(0..self.population.meetings.len()))
    }

    /// Draws a removal that is requested at `at`.
    pub(super) fn order(&self, chance: &mut Rng, at: u64) -> Option<RemovalOrder> {
        let targets = if chance.u8(0..3) == 0 {
            chance.usize(2..6)
        } else {
            1
        };
        let kick = chance.bool();
        let dry_run = chance.u8(0..8) == 0;
        let delay = chance.u64(0..100_000);
        let not_before_ms = (chance.u8(0..5) == 0).then_some(START + at + delay);
        let found = std::iter::repeat_with(|| self.target(chance)).take(targets * 4);
        let mut found: Vec<Target> = found.flatten().take(targets).collect();
        if found.is_empty() {
            // All the meetings that were tried are empty.
            let user = CustomParticipantId::parse("user-0");
            found.extend(user.map(|user| Target::UserEverywhere { user }));
        }
        order_of(found, kick, dry_run, not_before_ms)
    }

    fn target(&self, chance: &mut Rng) -> Option<Target> {
        let meeting: &Meeting = self.population.meetings.get(self.meeting(chance))?;
        let id = MeetingId::parse(&meeting.id).ok()?;
        let user = CustomParticipantId::parse(&self.user(chance)).ok()?;
        match chance.u8(0..8) {
            0 | 1 => {
                let unknown = chance.u8(0..6) == 0;
                let participant = chance.choice(&meeting.participants)?;
                let name = if unknown {
                    "nobody"
                } else {
                    participant.id.as_str()
                };
                let participant = ParticipantId::parse(name).ok()?;
                Some(Target::Participant {
                    meeting: id,
                    participant,
                })
            }
            2 | 3 => Some(Target::UserInMeeting { meeting: id, user }),
            4 => Some(Target::EveryoneInMeeting { meeting: id }),
            _ => Some(Target::UserEverywhere { user }),
        }
    }
}

/// Returns an order for one target with these properties.
#[must_use]
pub fn order(
    target: Target,
    kick: bool,
    dry_run: bool,
    not_before_ms: Option<u64>,
) -> Option<RemovalOrder> {
    order_of(vec![target], kick, dry_run, not_before_ms)
}

fn order_of(
    targets: Vec<Target>,
    kick: bool,
    dry_run: bool,
    not_before_ms: Option<u64>,
) -> Option<RemovalOrder> {
    let app = AppId::parse("app").ok()?;
    Some(RemovalOrder {
        app,
        targets,
        kick,
        dry_run,
        not_before_ms,
        reason: None,
    })
}
