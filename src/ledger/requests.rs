//! The request of a step, and how the body of its response is read.

use super::steps::Request;
use crate::realtimekit::answers::{self, Flaw, Meeting, Page, Participant};
use crate::realtimekit::{Api, ApiRequest};

/// The number of rows requested per page. How many come is read from the page; the API does not say how many it allows.
const PER_PAGE: u32 = 100;

fn per_page(plain: bool) -> Option<u32> {
    (!plain).then_some(PER_PAGE)
}

pub(super) enum Body {
    Nothing,
    Meetings(Page<Meeting>),
    Participants(Page<Participant>),
}

pub(super) type Read = fn(String) -> Result<Body, Flaw>;

pub(super) fn request(request: &Request, api: &Api) -> (ApiRequest, Read) {
    match request {
        Request::ListMeetings { page, plain, .. } => {
            (api.list_meetings(*page, per_page(*plain)), |body| {
                answers::meetings(&body).map(Body::Meetings)
            })
        }
        Request::ListParticipants {
            meeting,
            page,
            plain,
            ..
        } => (
            api.list_participants(meeting, *page, per_page(*plain)),
            |body| answers::participants(&body).map(Body::Participants),
        ),
        Request::FindApp { .. } | Request::FindAppFirst { .. } => {
            (api.list_meetings(1, None), |body| {
                answers::meetings(&body).map(|_| Body::Nothing)
            })
        }
        Request::KickAll { meeting, .. } => (api.kick_all(meeting), done),
        Request::Kick {
            meeting,
            participants,
            ..
        } => {
            let participants: Vec<_> = participants.iter().collect();
            (api.kick(meeting, &participants), done)
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
