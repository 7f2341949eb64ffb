//! What sits in front of the API, in the role of Cloudflare's edge: the log, the token check, the limit, and the
//! faults.
//!
//! The order matters: a request with a bad token never meets a fault or counts against the limit, and a request refused
//! by the limit does not use up a fault.

use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::answer::{add_ray, v4_error};
use crate::clock::now;
use crate::faults::{Rule, Withheld, carry_out};
use crate::kit::ListLie;
use crate::limits::{Admission, Limits};
use crate::sim::{Core, SharedSim};

/// Larger request bodies are refused.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// The gateway's decision.
enum Verdict {
    Answer(Response),
    LetIn(Option<Rule>),
}

/// Logs, checks and answers a request.
pub(crate) async fn guard(State(sim): State<SharedSim>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let read = to_bytes(body, LARGEST_BODY).await;
    let bytes = read.as_ref().cloned().unwrap_or_default();
    let (number, verdict, limit) = {
        let mut core = sim.lock();
        let access = Access::of(&parts, &core.settings.token, &sim.options.account);
        let number = core.log.arrived(now(), &parts, &bytes, access.token_ok());
        let limit = access.counts().then(|| core.limiter.admit(now())).flatten();
        let limit = limit.map(|admission| (admission, core.limiter.limits));
        (number, decide(&mut core, &parts, access, limit), limit)
    };
    let mut response = match verdict {
        Verdict::Answer(response) => response,
        Verdict::LetIn(_) if read.is_err() => v4_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            413,
            "The request body is too large",
        ),
        Verdict::LetIn(rule) => let_in(rule, parts, bytes, next).await,
    };
    if let Some((admission, limits)) = limit {
        add_limit_headers(&mut response, admission, limits);
    }
    add_ray(&mut response);
    if response.extensions().get::<Withheld>().is_none() {
        sim.lock().log.answered(number, response.status().as_u16());
    }
    response
}

/// What a request's path and `Authorization` header entitle it to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Access {
    /// Not an API path: no token needed.
    Public {
        token_ok: bool,
    },
    Granted,
    /// A missing, malformed, duplicate or wrong token.
    Unauthenticated,
    /// A valid token, but for another account.
    Forbidden,
}

impl Access {
    fn of(parts: &Parts, token: &str, account: &str) -> Self {
        let mut sent = parts.headers.get_all(header::AUTHORIZATION).iter();
        let first = sent.next().and_then(|value| value.to_str().ok());
        let bearer = first.and_then(|value| value.strip_prefix("Bearer "));
        let token_ok = bearer == Some(token) && sent.next().is_none();
        let Some(below) = parts.uri.path().strip_prefix("/client/v4/") else {
            return Self::Public { token_ok };
        };
        let own = below
            .strip_prefix("accounts/")
            .is_none_or(|rest| rest.split('/').next() == Some(account));
        match (token_ok, own) {
            (false, _) => Self::Unauthenticated,
            (true, false) => Self::Forbidden,
            (true, true) => Self::Granted,
        }
    }

    fn token_ok(self) -> bool {
        !matches!(
            self,
            Self::Unauthenticated | Self::Public { token_ok: false }
        )
    }

    /// Returns whether the request counts: the limit is per token, so requests without a valid one do not.
    fn counts(self) -> bool {
        matches!(self, Self::Granted | Self::Forbidden)
    }
}

fn decide(
    core: &mut Core,
    parts: &Parts,
    access: Access,
    limit: Option<(Admission, Limits)>,
) -> Verdict {
    if limit.is_some_and(|(admission, _)| admission.blocked_for.is_some()) {
        let message = "Rate limited. Please wait and consider throttling your request speed";
        return Verdict::Answer(v4_error(StatusCode::TOO_MANY_REQUESTS, 10429, message));
    }
    match access {
        Access::Unauthenticated => Verdict::Answer(v4_error(
            StatusCode::UNAUTHORIZED,
            10000,
            "Authentication error",
        )),
        Access::Forbidden => Verdict::Answer(v4_error(
            StatusCode::FORBIDDEN,
            10000,
            "Authentication error",
        )),
        Access::Granted | Access::Public { .. } => {
            let target = parts
                .uri
                .path_and_query()
                .map_or("", |target| target.as_str());
            Verdict::LetIn(core.faults.strike(parts.method.as_str(), target))
        }
    }
}

async fn let_in(rule: Option<Rule>, mut parts: Parts, body: Bytes, next: Next) -> Response {
    let lie = rule
        .as_ref()
        .map_or(ListLie::None, |rule| rule.fault.list_lie());
    parts.extensions.insert(lie);
    let normally = next.run(Request::from_parts(parts, Body::from(body)));
    let Some(rule) = rule else {
        return normally.await;
    };
    // On its own task: a client that gives up waiting must not undo the request.
    let carried_out = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(rule.delay_ms)).await;
        carry_out(rule.fault, normally).await
    });
    let response = carried_out.await.unwrap_or_else(|error| {
        let message = format!("the stand-in failed: {error}");
        v4_error(StatusCode::INTERNAL_SERVER_ERROR, 500, &message)
    });
    if response.extensions().get() == Some(&Withheld::Hang) {
        pending::<()>().await;
    }
    response
}

/// Adds the limit headers; those set by a fault are left as they are.
fn add_limit_headers(response: &mut Response, admission: Admission, limits: Limits) {
    if !limits.headers {
        return;
    }
    let Admission {
        remaining,
        reset_seconds,
        blocked_for,
    } = admission;
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response
                .headers_mut()
                .entry(HeaderName::from_static(name))
                .or_insert(value);
        }
    };
    add(
        "ratelimit",
        format!("\"default\";r={remaining};t={reset_seconds}"),
    );
    add(
        "ratelimit-policy",
        format!(
            "\"default\";q={};w={}",
            limits.requests, limits.window_seconds
        ),
    );
    if let Some(seconds) = blocked_for {
        add("retry-after", seconds.to_string());
    }
}
