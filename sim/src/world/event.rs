//! Webhook events in the form documented by `RealtimeKit`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{EndReason, Meeting, Peer, Session};
use crate::clock::{Millis, iso};

/// The owner of the meetings, as named in webhooks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An event, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) body: Value,
}

/// The session that an event is about, with its meeting and organization.
pub(super) struct Scene<'a> {
    pub(super) organization: &'a Organization,
    pub(super) meeting: &'a Meeting,
    pub(super) session: &'a Session,
}

impl Scene<'_> {
    pub(super) fn started(&self) -> Event {
        self.event("meeting.started", None, &Value::Null)
    }

    pub(super) fn ended(&self, reason: EndReason, at: Millis) -> Event {
        self.event("meeting.ended", Some(at), &json!({"reason": reason}))
    }

    pub(super) fn joined(&self, peer: &Peer) -> Event {
        let participant = participant(peer, None);
        self.event(
            "meeting.participantJoined",
            None,
            &json!({"participant": participant}),
        )
    }

    pub(super) fn left(&self, peer: &Peer, at: Millis) -> Event {
        let participant = participant(peer, Some(at));
        self.event(
            "meeting.participantLeft",
            None,
            &json!({"participant": participant}),
        )
    }

    fn event(&self, name: &'static str, ended_at: Option<Millis>, more: &Value) -> Event {
        let Self {
            organization,
            meeting,
            session,
        } = self;
        let mut about = json!({
            "id": meeting.id,
            "sessionId": session.id,
            "title": meeting.title,
            "roomName": meeting.room_name,
            "status": if ended_at.is_some() { "ENDED" } else { "LIVE" },
            "createdAt": iso(meeting.created_at),
            "startedAt": iso(session.started_at),
            "organizedBy": organization,
        });
        if let Some(at) = ended_at {
            extend(&mut about, &json!({"endedAt": iso(at)}));
        }
        let mut body = json!({"event": name, "meeting": about});
        extend(&mut body, more);
        Event { name, body }
    }
}

/// `clientSpecificId` is the older name of `customParticipantId`. The participant's own id is not included.
fn participant(peer: &Peer, left_at: Option<Millis>) -> Value {
    let mut participant = json!({
        "peerId": peer.id,
        "userDisplayName": peer.name,
        "customParticipantId": peer.custom_participant_id,
        "clientSpecificId": peer.custom_participant_id,
        "joinedAt": iso(peer.joined_at),
    });
    if let Some(at) = left_at {
        extend(&mut participant, &json!({"leftAt": iso(at)}));
    }
    participant
}

fn extend(object: &mut Value, more: &Value) {
    if let (Some(object), Some(more)) = (object.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
}
