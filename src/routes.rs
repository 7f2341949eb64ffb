//! Maps method and path to a route. The ids in a path are not trusted here: they are decoded once and checked where
//! they are used.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<'a> {
    /// `GET /healthz`
    Health,
    /// `DELETE …/meetings/{meeting_id}/participants/{participant_id}`
    DeleteParticipant(ParticipantPath<'a>),
    /// `/removals…`
    Removals(RemovalsRoute<'a>),
    /// `POST /webhooks/{source}`
    Webhook(Cow<'a, str>),
}

/// What a request asks of an app's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalsRoute<'a> {
    /// `POST /removals`
    Create,
    /// `GET /removals`
    List,
    /// `GET /removals/{id}`
    Show(Cow<'a, str>),
    /// `DELETE /removals/{id}`
    Cancel(Cow<'a, str>),
    /// `POST /removals/{id}/retry`
    Retry(Cow<'a, str>),
}

/// The ids in the path of a participant, decoded and unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantPath<'a> {
    /// The account and the app, if the path is that of the Cloudflare API.
    pub owner: Option<(Cow<'a, str>, Cow<'a, str>)>,
    /// The meeting.
    pub meeting: Cow<'a, str>,
    /// The participant.
    pub participant: Cow<'a, str>,
}

impl Route<'_> {
    /// Returns the route's name in the log, with its parameters left out.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Health => "GET /healthz",
            Self::DeleteParticipant(path) if path.owner.is_some() => {
                "DELETE /accounts/{account_id}/realtime/kit/{app_id}/meetings/{meeting_id}/participants/{participant_id}"
            }
            Self::DeleteParticipant(_) => {
                "DELETE /meetings/{meeting_id}/participants/{participant_id}"
            }
            Self::Removals(RemovalsRoute::Create) => "POST /removals",
            Self::Removals(RemovalsRoute::List) => "GET /removals",
            Self::Removals(RemovalsRoute::Show(_)) => "GET /removals/{id}",
            Self::Removals(RemovalsRoute::Cancel(_)) => "DELETE /removals/{id}",
            Self::Removals(RemovalsRoute::Retry(_)) => "POST /removals/{id}/retry",
            Self::Webhook(_) => "POST /webhooks/{source}",
        }
    }
}

/// Why a request has no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteError {
    /// There is no such path.
    UnknownPath,
    /// The path exists, but only for these methods.
    MethodNotAllowed(&'static str),
}

/// Returns the path and query of an absolute URL.
#[must_use]
pub fn path_and_query(url: &str) -> (&str, Option<&str>) {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme
        .find('/')
        .and_then(|at| after_scheme.get(at..))
        .unwrap_or("/");
    let path = path.split('#').next().unwrap_or(path);
    path.split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)))
}

/// The number of segments in the longest route.
const MAX_SEGMENTS: usize = 9;

/// Finds the route of a request.
pub fn route<'a>(method: &str, path: &'a str) -> Result<Route<'a>, RouteError> {
    let path = path
        .strip_prefix("/client/v4")
        .filter(|rest| rest.starts_with("/accounts/"))
        .unwrap_or(path);
    let path = path.strip_prefix('/').unwrap_or(path);
    let segments: Vec<&str> = path.splitn(MAX_SEGMENTS + 1, '/').collect();
    let (owner, segments) = match &*segments {
        ["accounts", account, "realtime", "kit", app, rest @ ..] => {
            (Some((decode(account), decode(app))), rest)
        }
        all => (None, all),
    };
    match (segments, method) {
        (["meetings", meeting, "participants", participant], "DELETE") => {
            Ok(Route::DeleteParticipant(ParticipantPath {
                owner,
                meeting: decode(meeting),
                participant: decode(participant),
            }))
        }
        (["meetings", _, "participants", _], _) => Err(RouteError::MethodNotAllowed("DELETE")),
        // The routes below have no owner in their path.
        _ if owner.is_some() => Err(RouteError::UnknownPath),
        (["healthz"], "GET" | "HEAD") => Ok(Route::Health),
        (["healthz"], _) => Err(RouteError::MethodNotAllowed("GET, HEAD")),
        (["removals"], "POST") => Ok(Route::Removals(RemovalsRoute::Create)),
        (["removals"], "GET" | "HEAD") => Ok(Route::Removals(RemovalsRoute::List)),
        (["removals"], _) => Err(RouteError::MethodNotAllowed("GET, HEAD, POST")),
        (["removals", ""], _) => Err(RouteError::UnknownPath),
        (["removals", id], "GET" | "HEAD") => Ok(Route::Removals(RemovalsRoute::Show(decode(id)))),
        (["removals", id], "DELETE") => Ok(Route::Removals(RemovalsRoute::Cancel(decode(id)))),
        (["removals", _], _) => Err(RouteError::MethodNotAllowed("GET, HEAD, DELETE")),
        (["removals", id, "retry"], "POST") => {
            Ok(Route::Removals(RemovalsRoute::Retry(decode(id))))
        }
        (["webhooks", source], "POST") => Ok(Route::Webhook(decode(source))),
        (["removals", _, "retry"] | ["webhooks", _], _) => {
            Err(RouteError::MethodNotAllowed("POST"))
        }
        _ => Err(RouteError::UnknownPath),
    }
}

/// Decodes a segment once. Anything that is then not UTF-8 becomes U+FFFD, which no id allows.
fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests;
