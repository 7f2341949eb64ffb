//! Live sessions: who is in a meeting now. A peer joins with a participant's token and stays until it leaves, is kicked
//! or the meeting ends, whatever happens to the participant record in the meantime.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::event::Scene;
use super::{Event, Meeting, MeetingStatus, Organization, Participant, new_id};
use crate::clock::Millis;

/// A session, from the first peer to the last.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) started_at: Millis,
    /// Keyed by peer id, in joining order.
    pub(crate) peers: IndexMap<String, Peer>,
    pub(crate) most_peers: usize,
}

/// One connection to a session; a participant may have several.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) id: String,
    pub(crate) participant_id: String,
    pub(crate) custom_participant_id: String,
    pub(crate) name: Option<String>,
    pub(crate) joined_at: Millis,
}

/// Why a meeting ended, in the documented terms.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EndReason {
    #[default]
    HostEndedMeeting,
    AllParticipantsLeft,
}

/// Who joins or leaves, given by token, participant, user, or (to leave) peer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Joiner {
    Token(String),
    ParticipantId(String),
    CustomParticipantId(String),
    PeerId(String),
}

/// The body of a kick request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct KickTargets {
    pub(crate) participant_ids: Vec<String>,
    pub(crate) custom_participant_ids: Vec<String>,
}

impl Joiner {
    fn may_use(&self, participant: &Participant) -> bool {
        match self {
            Self::Token(token) => participant.tokens.contains(token),
            Self::ParticipantId(id) => participant.id == *id,
            Self::CustomParticipantId(id) => participant.custom_participant_id == *id,
            Self::PeerId(_) => false,
        }
    }

    fn is(&self, peer: &Peer) -> bool {
        match self {
            Self::Token(_) => false,
            Self::ParticipantId(id) => peer.participant_id == *id,
            Self::CustomParticipantId(id) => peer.custom_participant_id == *id,
            Self::PeerId(id) => peer.id == *id,
        }
    }
}

impl KickTargets {
    pub(crate) fn is_empty(&self) -> bool {
        self.participant_ids.is_empty() && self.custom_participant_ids.is_empty()
    }

    /// Returns the first target, for the error message when nobody was found.
    pub(crate) fn first(&self) -> &str {
        let mut ids = self
            .participant_ids
            .iter()
            .chain(&self.custom_participant_ids);
        ids.next().map_or("", String::as_str)
    }

    pub(crate) fn hit(&self, peer: &Peer) -> bool {
        self.participant_ids.contains(&peer.participant_id)
            || self
                .custom_participant_ids
                .contains(&peer.custom_participant_id)
    }
}

impl Meeting {
    /// Adds a participant to the session, and starts one if there is none. Returns `None` if no record (any more) gives
    /// the right to join.
    pub(crate) fn join(
        &mut self,
        joiner: &Joiner,
        organization: &Organization,
        now: Millis,
    ) -> Option<(Peer, Vec<Event>)> {
        if self.status == MeetingStatus::Inactive {
            return None;
        }
        let participant = self.participants.values().find(|p| joiner.may_use(p))?;
        let peer = Peer {
            id: new_id(),
            participant_id: participant.id.clone(),
            custom_participant_id: participant.custom_participant_id.clone(),
            name: participant.name.clone(),
            joined_at: now,
        };
        let begins = self.session.is_none();
        let session = self.session.get_or_insert_with(|| Session::begin(now));
        session.peers.insert(peer.id.clone(), peer.clone());
        session.most_peers = session.most_peers.max(session.peers.len());
        let mut events = Vec::new();
        if let Some(scene) = self.scene(organization) {
            events.extend(begins.then(|| scene.started()));
            events.push(scene.joined(&peer));
        }
        Some((peer, events))
    }

    /// Removes the matching peers; the session ends with the last one.
    pub(crate) fn leave(
        &mut self,
        leaver: &Joiner,
        organization: &Organization,
        now: Millis,
    ) -> (Vec<Peer>, Vec<Event>) {
        self.drop_peers(
            |peer| leaver.is(peer),
            EndReason::AllParticipantsLeft,
            organization,
            now,
        )
    }

    /// Returns a target that is not in the session, if any.
    pub(crate) fn not_live<'a>(&self, targets: &'a KickTargets) -> Option<&'a str> {
        let peers = || {
            self.session
                .iter()
                .flat_map(|session| session.peers.values())
        };
        let mut by_id = targets.participant_ids.iter();
        let mut by_user = targets.custom_participant_ids.iter();
        let absent = by_id.find(|id| !peers().any(|peer| peer.participant_id == **id));
        absent
            .or_else(|| by_user.find(|id| !peers().any(|peer| peer.custom_participant_id == **id)))
            .map(String::as_str)
    }

    /// Drops every peer named in `targets`; `None` drops all.
    pub(crate) fn kick(
        &mut self,
        targets: Option<&KickTargets>,
        organization: &Organization,
        now: Millis,
    ) -> (Vec<Peer>, Vec<Event>) {
        let hit = |peer: &Peer| targets.is_none_or(|targets| targets.hit(peer));
        self.drop_peers(hit, EndReason::AllParticipantsLeft, organization, now)
    }

    /// Ends the session for everyone.
    pub(crate) fn end(
        &mut self,
        reason: EndReason,
        organization: &Organization,
        now: Millis,
    ) -> (Vec<Peer>, Vec<Event>) {
        self.drop_peers(|_| true, reason, organization, now)
    }

    fn drop_peers(
        &mut self,
        goes: impl Fn(&Peer) -> bool,
        reason: EndReason,
        organization: &Organization,
        now: Millis,
    ) -> (Vec<Peer>, Vec<Event>) {
        let Some(session) = &mut self.session else {
            return (Vec::new(), Vec::new());
        };
        let (gone, stay): (Vec<_>, IndexMap<_, _>) =
            partition(std::mem::take(&mut session.peers), goes);
        session.peers = stay;
        let over = session.peers.is_empty();
        let mut events = Vec::new();
        if let Some(scene) = self.scene(organization) {
            events.extend(gone.iter().map(|peer| scene.left(peer, now)));
            events.extend(over.then(|| scene.ended(reason, now)));
        }
        if over {
            self.session = None;
        }
        (gone, events)
    }

    fn scene<'a>(&'a self, organization: &'a Organization) -> Option<Scene<'a>> {
        let session = self.session.as_ref()?;
        Some(Scene {
            organization,
            meeting: self,
            session,
        })
    }
}

impl Session {
    fn begin(now: Millis) -> Self {
        Self {
            id: new_id(),
            started_at: now,
            peers: IndexMap::new(),
            most_peers: 0,
        }
    }
}

fn partition(
    peers: IndexMap<String, Peer>,
    goes: impl Fn(&Peer) -> bool,
) -> (Vec<Peer>, IndexMap<String, Peer>) {
    let mut gone = Vec::new();
    let mut stay = IndexMap::new();
    for (id, peer) in peers {
        if goes(&peer) {
            gone.push(peer);
        } else {
            stay.insert(id, peer);
        }
    }
    (gone, stay)
}
