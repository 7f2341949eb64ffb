//! `POST /webhooks/{source}`: verified here, decided here, stored by the ledger before the answer.

use super::{Reply, Serving};
use crate::answer::{Answer, FieldProblem, Problem};
use crate::config::Config;
use crate::log::{RequestLog, log_ledger_error};
use crate::realtimekit::Clock;
use crate::removal::{RemovalOrder, Target, request};
use crate::removals::LedgerCall;
use crate::removals::call::MessageKey;
use crate::removals::delivery::Handled;
use crate::runtime::ledger_stub::call_ledger;
use crate::runtime::request::{body, header};
use crate::runtime::webhook_keys::LedgerKeys;
use crate::webhooks::webcrypto::WebCrypto;
use crate::webhooks::{
    Decision, Dedupe, Rejection, Sender, Source, SourceState, Verified, decide, realtimekit, verify,
};

impl Serving<'_> {
    /// Receives a webhook.
    pub(super) async fn webhook(
        &self,
        config: &Config,
        name: &str,
        log: &mut RequestLog,
    ) -> Result<Reply, Problem> {
        let source = match config.webhooks.get(name) {
            None => return Err(Problem::UnknownSource),
            Some(SourceState::Refused(problems)) => {
                return Err(Problem::NotConfigured(problems.clone()));
            }
            Some(SourceState::Ready(source)) => source,
        };
        log.caller = Some(source.origin());
        let body = body(self.request).await?;
        let verified = match self.verify(source, &body, log).await {
            Ok(verified) => verified,
            Err(Rejection::Refused(refused)) => {
                log.refused = Some(refused.as_str());
                return Err(Problem::BadSignature);
            }
            Err(Rejection::Unavailable(why)) => {
                log_ledger_error(&why);
                return Err(Problem::CannotVerify);
            }
        };
        let call = match decide(source, &verified, &body, self.isolate.now_ms()) {
            Decision::Ignored { reason } => {
                return Ok(Reply::Answer(Answer::success(
                    200,
                    Handled::Ignored { reason },
                )));
            }
            Decision::BadEvent { pointer, message } => {
                let pointer = pointer
                    .map(|pointer| pointer.to_string())
                    .unwrap_or_default();
                return Err(FieldProblem::new(pointer, message).into());
            }
            Decision::Refused(refused) => {
                log.refused = Some(refused.as_str());
                return Err(Problem::BadSignature);
            }
            Decision::Remove {
                order,
                event_at_ms,
                dedupe,
                leaving,
            } => LedgerCall::Deliver {
                source: source.origin(),
                body: orders_body(&[order])?,
                message: dedupe.into(),
                event_at_ms,
                leaving,
            },
            Decision::CancelPending {
                targets,
                joined_at_ms,
                peer,
                ..
            } => LedgerCall::CancelPending {
                source: source.origin(),
                body: targets_body(source, targets)?,
                event_at_ms: joined_at_ms,
                peer,
            },
            Decision::Ended {
                meeting,
                ended_at_ms,
            } => LedgerCall::Ended {
                source: source.origin(),
                body: targets_body(source, vec![Target::EveryoneInMeeting { meeting }])?,
                event_at_ms: ended_at_ms,
            },
            Decision::Quarantine { reason, dedupe } => LedgerCall::Quarantine {
                source: source.origin(),
                problem: reason,
                message: dedupe.into(),
            },
        };
        let answer = call_ledger(self.env, &source.app, &call, &log.request_id).await;
        let response = answer.map_err(|error| {
            log_ledger_error(&error.0);
            Problem::NotStored
        })?;
        log.removal_id = super::removal_of(&response);
        Ok(Reply::Ledger(response))
    }

    async fn verify(
        &self,
        source: &Source,
        body: &[u8],
        log: &RequestLog,
    ) -> Result<Verified, Rejection> {
        let headers = |name: &str| header(self.request, name);
        match &source.sender {
            Sender::Signed { scheme, .. } => {
                verify(scheme, &headers, body, self.isolate.now_ms(), &WebCrypto).await
            }
            Sender::RealtimeKit(settings) => {
                let keys = LedgerKeys {
                    env: self.env,
                    isolate: &self.isolate,
                    app: &source.app,
                    request_id: &log.request_id,
                    setting: &settings.key,
                };
                let cache = self.isolate.webhook_keys(&settings.key);
                realtimekit::verify(&cache, &keys, &headers, body, &WebCrypto).await
            }
        }
    }
}

impl From<Dedupe> for MessageKey {
    fn from(dedupe: Dedupe) -> Self {
        Self {
            key: dedupe.key,
            digest: dedupe.digest,
        }
    }
}

fn orders_body(orders: &[RemovalOrder]) -> Result<String, Problem> {
    request::body(orders).map_err(|_| Problem::NotStored)
}

fn targets_body(source: &Source, targets: Vec<Target>) -> Result<String, Problem> {
    let order = |target| RemovalOrder {
        app: source.app.clone(),
        target,
        kick: false,
        dry_run: false,
        not_before_ms: None,
        reason: None,
    };
    orders_body(&targets.into_iter().map(order).collect::<Vec<_>>())
}
