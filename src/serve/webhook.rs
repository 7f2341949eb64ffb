//! `POST /webhooks/{source}`: verified and decided here, stored by the ledger before it is answered.

use web_sys::Response;

use super::{Reply, RequestContext};
use crate::answer::Problem;
use crate::config::Config;
use crate::log::{RequestLog, log_ledger_error, log_webhook_error};
use crate::realtimekit::Clock;
use crate::removals::LedgerCall;
use crate::removals::call::Quarantine;
use crate::removals::delivery::{CANCELLED_HEADER, IGNORED_HEADER, ignored};
use crate::removals::handling::{Handling, handling};
use crate::runtime::ledger_stub::call_ledger;
use crate::runtime::request::{body, header};
use crate::runtime::webcrypto::WebCrypto;
use crate::runtime::webhook_keys::LedgerKeys;
use crate::webhooks::realtimekit::{self, KeySetting};
use crate::webhooks::{Claim, Refused, Rejection, Sender, Source, SourceState, Verified, decide};

/// What the headers of a message claim.
enum Claimed<'a> {
    Signed(Claim<'a>),
    RealtimeKit(&'a KeySetting, Vec<u8>),
}

impl RequestContext<'_> {
    /// Receives a webhook.
    pub(super) async fn webhook(
        &self,
        config: &Config,
        name: &str,
        log: &mut RequestLog,
    ) -> Result<Reply, Problem> {
        let source = source(config, name, log)?;
        let (body, verified) = self.message(config, source, log).await?;
        log.caller = Some(source.origin());
        let decision = decide(source, &verified, &body, self.isolate.now_ms());
        let call = match handling(source, decision)? {
            Handling::Call(call) => {
                if let LedgerCall::Quarantine(Quarantine { problem, .. }) = &call {
                    log.bad_event = Some(problem.clone());
                }
                call
            }
            Handling::Ignored { reason } => {
                log.ignored = Some(reason.clone());
                return Ok(Reply::Answer(ignored(reason)));
            }
            Handling::BadEvent(field) => {
                log.bad_event = Some(field.pointer.clone());
                return Err(field.into());
            }
            Handling::Refused(refused) => return Err(refusal(refused, log)),
        };
        let answer = call_ledger(self.env, &source.app, &call, &log.request_id).await;
        let response = answer.map_err(|error| {
            log_ledger_error(Some(&log.request_id), Some(&source.app), &error);
            Problem::NotStored
        })?;
        log.removal_id = super::removal_of(&response);
        log_ledger_outcome(&response, log);
        Ok(Reply::Ledger(response))
    }

    /// Receives a message and verifies it.
    async fn message(
        &self,
        config: &Config,
        source: &Source,
        log: &mut RequestLog,
    ) -> Result<(Vec<u8>, Verified), Problem> {
        // Checked before the body is received, which may be long and slow to arrive.
        let claim = self
            .claim(source)
            .map_err(|refused| refusal(refused, log))?;
        let body = body(self.request).await.map_err(|problem| match problem {
            // RealtimeKit, for one, does not retry after a 4xx.
            Problem::BodyNotReceived => Problem::CannotVerify,
            other => other,
        })?;
        match self.verify(config, claim, &body, log).await {
            Ok(verified) => Ok((body, verified)),
            Err(Rejection::Refused(refused)) => Err(refusal(refused, log)),
            Err(Rejection::Unavailable(why)) => {
                log_webhook_error(&log.request_id, &why);
                Err(Problem::CannotVerify)
            }
        }
    }

    /// Reads what the headers claim.
    fn claim<'a>(&self, source: &'a Source) -> Result<Claimed<'a>, Refused> {
        let headers = |name: &str| header(self.request, name);
        Ok(match &source.sender {
            Sender::Signed { scheme, .. } => {
                Claimed::Signed(scheme.claim(&headers, self.isolate.now_ms())?)
            }
            Sender::RealtimeKit(settings) => {
                Claimed::RealtimeKit(&settings.key, realtimekit::claim(&headers)?)
            }
        })
    }

    async fn verify(
        &self,
        config: &Config,
        claimed: Claimed<'_>,
        body: &[u8],
        log: &RequestLog,
    ) -> Result<Verified, Rejection> {
        match claimed {
            Claimed::Signed(claim) => claim.verify(body, &WebCrypto).await,
            Claimed::RealtimeKit(setting, signature) => {
                let keys = LedgerKeys {
                    env: self.env,
                    isolate: &self.isolate,
                    app: &config.default_app,
                    request_id: &log.request_id,
                    setting,
                };
                let cache = self.isolate.webhook_keys(setting);
                realtimekit::verify(&cache, &keys, &signature, body, &WebCrypto).await
            }
        }
    }
}

/// Returns the source of that name if it is configured correctly. An unknown name may be anything, even a secret, and
/// is not logged.
fn source<'a>(config: &'a Config, name: &str, log: &mut RequestLog) -> Result<&'a Source, Problem> {
    let state = config.webhooks.get(name).ok_or(Problem::UnknownSource)?;
    match state {
        SourceState::Refused(problems) => {
            log.misconfigured(problems);
            Err(Problem::NotConfigured(problems.clone()))
        }
        SourceState::Ready(source) => {
            log.source = Some(name.to_owned());
            Ok(source)
        }
    }
}

/// Copies into the log what the ledger reports about a message that created no removal.
fn log_ledger_outcome(response: &Response, log: &mut RequestLog) {
    let header = |name| response.headers().get(name).ok().flatten();
    log.ignored = header(IGNORED_HEADER);
    log.cancelled = header(CANCELLED_HEADER).and_then(|count| count.parse().ok());
    if response.status() == 409 {
        log.bad_event = Some("its id was already used for a different event".to_owned());
    }
}

/// Logs the reason for a refusal, which the sender is not told.
fn refusal(refused: Refused, log: &mut RequestLog) -> Problem {
    log.refused = Some(refused.as_str());
    Problem::BadSignature
}
