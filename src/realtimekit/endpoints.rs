//! The endpoints that a removal needs, as requests built from checked ids.
//!
//! Source: the `RealtimeKit` REST API reference, meetings, participants and active session.

use serde::Serialize;

use super::transport::{ApiRequest, Method};
use crate::ids::{AccountId, AppId, CustomParticipantId, MeetingId, ParticipantId};

/// One app of one account, at one base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The URL up to and including the app, without a trailing slash.
    prefix: String,
}

#[derive(Serialize)]
struct KickBody<'a> {
    participant_ids: &'a [&'a ParticipantId],
    custom_participant_ids: &'a [&'a CustomParticipantId],
}

impl Api {
    /// Creates the app's endpoints. `base_url` has no trailing slash.
    #[must_use]
    pub fn new(base_url: &str, account: &AccountId, app: &AppId) -> Self {
        Self {
            prefix: format!("{base_url}/accounts/{account}/realtime/kit/{app}"),
        }
    }

    /// Returns the URL prefix of the app's endpoints.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// `DELETE /meetings/{meeting_id}/participants/{participant_id}`: revokes the right to join, and all its tokens.
    #[must_use]
    pub fn delete_participant(
        &self,
        meeting: &MeetingId,
        participant: &ParticipantId,
    ) -> ApiRequest {
        self.request(
            Method::Delete,
            &format!("/meetings/{meeting}/participants/{participant}"),
        )
    }

    /// `GET /meetings/{meeting_id}/participants/{participant_id}`: one participant, or 404.
    #[must_use]
    pub fn participant(&self, meeting: &MeetingId, participant: &ParticipantId) -> ApiRequest {
        self.request(
            Method::Get,
            &format!("/meetings/{meeting}/participants/{participant}"),
        )
    }

    /// `GET /meetings`: one page of the app's meetings; the first is 1. Without `per_page`, the API chooses its size.
    #[must_use]
    pub fn list_meetings(&self, page_no: u32, per_page: Option<u32>) -> ApiRequest {
        self.request(
            Method::Get,
            &format!("/meetings?{}", paging(page_no, per_page)),
        )
    }

    /// `GET /meetings/{meeting_id}/participants`: one page of a meeting's participants; the first page is 1.
    #[must_use]
    pub fn list_participants(
        &self,
        meeting: &MeetingId,
        page_no: u32,
        per_page: Option<u32>,
    ) -> ApiRequest {
        let paging = paging(page_no, per_page);
        self.request(
            Method::Get,
            &format!("/meetings/{meeting}/participants?{paging}"),
        )
    }

    /// `GET /meetings/{meeting_id}/active-session`: answers 404 when nobody is in the meeting.
    #[must_use]
    pub fn active_session(&self, meeting: &MeetingId) -> ApiRequest {
        self.request(Method::Get, &format!("/meetings/{meeting}/active-session"))
    }

    /// `POST /meetings/{meeting_id}/active-session/kick`: kicks people from the session; 404 if they are not live.
    #[must_use]
    pub fn kick(&self, meeting: &MeetingId, participants: &[&ParticipantId]) -> ApiRequest {
        let body = KickBody {
            participant_ids: participants,
            custom_participant_ids: &[],
        };
        ApiRequest {
            // Ids and arrays of ids always serialise.
            body: serde_json::to_string(&body).ok(),
            ..self.request(
                Method::Post,
                &format!("/meetings/{meeting}/active-session/kick"),
            )
        }
    }

    /// `POST /meetings/{meeting_id}/active-session/kick-all`: kicks everyone from the live session.
    #[must_use]
    pub fn kick_all(&self, meeting: &MeetingId) -> ApiRequest {
        self.request(
            Method::Post,
            &format!("/meetings/{meeting}/active-session/kick-all"),
        )
    }

    fn request(&self, method: Method, path: &str) -> ApiRequest {
        ApiRequest {
            method,
            url: format!("{}{path}", self.prefix),
            body: None,
        }
    }
}

fn paging(page_no: u32, per_page: Option<u32>) -> String {
    match per_page {
        Some(rows) => format!("page_no={page_no}&per_page={rows}"),
        None => format!("page_no={page_no}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEETING: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

    fn api() -> Api {
        let account = AccountId::parse("023e105f4ecef8ad9ca31a8372d0c353").unwrap();
        Api::new(
            "https://api.cloudflare.com/client/v4",
            &account,
            &AppId::parse("app_id").unwrap(),
        )
    }

    #[test]
    fn the_delete_is_the_documented_one() {
        let request = api().delete_participant(
            &MeetingId::parse(MEETING).unwrap(),
            &ParticipantId::parse("participant_id").unwrap(),
        );
        assert_eq!(request.method, Method::Delete);
        assert_eq!(
            request.url,
            "https://api.cloudflare.com/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/realtime/kit/app_id\
             /meetings/497f6eca-6276-4993-bfeb-53cbbbba6f08/participants/participant_id"
        );
        assert_eq!(request.body, None);
    }

    #[test]
    fn a_kick_names_participants() {
        let request = api().kick(
            &MeetingId::parse(MEETING).unwrap(),
            &[
                &ParticipantId::parse("p1").unwrap(),
                &ParticipantId::parse("p2").unwrap(),
            ],
        );
        assert_eq!(
            request.body.unwrap(),
            r#"{"participant_ids":["p1","p2"],"custom_participant_ids":[]}"#
        );
        assert!(request.url.ends_with("/active-session/kick"));
    }

    #[test]
    fn lists_name_their_page() {
        let meeting = MeetingId::parse(MEETING).unwrap();
        assert!(
            api()
                .list_meetings(1, Some(100))
                .url
                .ends_with("/kit/app_id/meetings?page_no=1&per_page=100")
        );
        assert!(
            api()
                .list_participants(&meeting, 7, Some(20))
                .url
                .ends_with("/participants?page_no=7&per_page=20")
        );
    }
}
