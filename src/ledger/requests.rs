//! The request of a step, and how the body of its answer is read.

use super::steps::Request;
use crate::realtimekit::answers::{self, Flaw, Meeting, Page, Participant};
use crate::realtimekit::{Api, ApiRequest};

/// The rows asked for in a page. How many come is read from the page.
const PER_PAGE: u32 = 100;

/// What the body of an answer held.
pub(super) enum Body {
    Nothing,
    Meetings(Page<Meeting>),
    Participants(Page<Participant>),
}

pub(super) type Read = fn(String) -> Result<Body, Flaw>;

/// The request of a step, and how its body is read.
pub(super) fn request(request: &Request, api: &Api) -> (ApiRequest, Read) {
    match request {
        Request::ListMeetings { page, .. } => (api.list_meetings(*page, PER_PAGE), |body| {
            answers::meetings(&body).map(Body::Meetings)
        }),
        Request::ListParticipants { meeting, page, .. } => {
            (api.list_participants(meeting, *page, PER_PAGE), |body| {
                answers::participants(&body).map(Body::Participants)
            })
        }
        Request::KickAll { meeting, .. } => (api.kick_all(meeting), done),
        Request::Kick {
            meeting,
            participants,
            ..
        } => {
            let participants: Vec<_> = participants.iter().collect();
            (api.kick(meeting, &participants, &[]), done)
        }
        Request::Session { meeting, .. } => (api.active_session(meeting), done),
        Request::Look {
            meeting,
            participant,
            ..
        } => (api.participant(meeting, participant), done),
        Request::Delete {
            meeting,
            participant,
            ..
        } => (api.delete_participant(meeting, participant), |body| {
            answers::deleted(body).map(|_| Body::Nothing)
        }),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a reader of bodies takes them"
)]
fn done(body: String) -> Result<Body, Flaw> {
    answers::done(&body).map(|()| Body::Nothing)
}
