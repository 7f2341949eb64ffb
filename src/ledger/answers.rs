//! Carrying out one step: its request, and all changes that follow from the response, in one transaction.

use super::Ledger;
use super::app::no_app;
use super::participants::Item;
use super::requests::{Body, request};
use super::steps::{Request, Step};
use super::store::{Store, StoreError};
use super::throttle::{Signal, after};
use super::work::Work;
use crate::realtimekit::limits::RateLimit;
use crate::realtimekit::retry::RetryPolicy;
use crate::realtimekit::{Api, ApiError, Client, Clock, Transport};

/// How far a refused request falls behind others, so that one of them tries the token when the pause is over.
const BEHIND_OTHERS: std::time::Duration = std::time::Duration::from_secs(1);

struct Answer {
    result: Result<Body, (ApiError, Option<String>)>,
    limit: RateLimit,
    random: f64,
    now: u64,
}

impl<S: Store> Ledger<S> {
    /// Sends the request of a step and records the response.
    pub(super) async fn carry_out<T: Transport, C: Clock>(
        &self,
        step: Step,
        api: &Api,
        client: &Client<'_, T, C>,
    ) -> Result<(), StoreError> {
        let (request, read) = request(&step.request, api);
        // 8. The row was marked as sent in the transaction that chose it, and storage makes that durable before the
        // request leaves. A crash here, before or after the effect, leaves the mark: the next alarm counts the request
        // against the budget, treats its effect as unknown, sends it again, and records a 404 as
        // `absent_after_ambiguous`. Lists and kicks are simply repeated.
        let call = client.call(&request, RetryPolicy::ONCE).await.read(read);
        let cf_ray = call.cf_ray;
        let answer = Answer {
            result: call.result.map_err(|error| (error, cf_ray)),
            limit: call.rate_limit,
            random: client.clock.random(),
            now: client.clock.now_ms(),
        };
        self.store.transaction(|| {
            if answer.result.is_ok() {
                self.app_found(api)?;
            }
            self.record_answer(&step, answer)
        })
    }

    fn record_answer(&self, step: &Step, answer: Answer) -> Result<(), StoreError> {
        let now = answer.now;
        match &step.request {
            Request::Delete { item, .. }
            | Request::Look { item, .. }
            | Request::FindAppFirst { item } => {
                let mut item = self.item_row(*item)?;
                item.looks |= matches!(step.request, Request::FindAppFirst { .. });
                self.record_item(&item, &step.request, answer)?;
            }
            Request::ListMeetings { work, .. }
            | Request::ListParticipants { work, .. }
            | Request::FindApp { work }
            | Request::KickAll { work, .. }
            | Request::Kick { work, .. }
            | Request::Session { work, .. } => {
                let work = self.work_row(*work)?;
                self.record_work(&step.request, &work, answer)?;
            }
        }
        self.wake(step.removal, now)
    }

    fn record_item(
        &self,
        item: &Item,
        request: &Request,
        answer: Answer,
    ) -> Result<(), StoreError> {
        let Answer {
            result,
            limit,
            random,
            now,
        } = answer;
        let deletes = matches!(request, Request::Delete { .. });
        let signal = self.signal(&result, item.refused_at, deletes);
        self.note_answer(signal, deletes, limit, random, now)?;
        match signal {
            Signal::Limited(_) => return self.postpone_item(item, now, now),
            Signal::Refused => {
                self.note_refusal("items", item.id, now)?;
                let due = after(now, BEHIND_OTHERS);
                self.postpone_item(item, due, now)?;
                return self.kick_again_after_refusal(item, due);
            }
            Signal::Accepted => self.note_accepted(deletes, now),
            Signal::Nothing => {}
        }
        let result = result.map(drop);
        match request {
            Request::FindAppFirst { .. } => match result {
                Ok(()) => self.postpone_item(item, now, now),
                Err((error, ray)) => self.failed(item, &no_app(error), ray.as_deref(), random, now),
            },
            _ if self.proves_nothing(&result) => self.postpone_item(item, now, now),
            Request::Look { .. } => self.looked(item, result, random, now),
            _ => self.deleted(item, result, random, now),
        }
    }

    fn record_work(
        &self,
        request: &Request,
        work: &Work,
        answer: Answer,
    ) -> Result<(), StoreError> {
        let Answer {
            result,
            limit,
            random,
            now,
        } = answer;
        let kicks = request.kicks();
        let mut signal = self.signal(&result, work.refused_at, false);
        if kicks && signal == Signal::Refused && (work.refused_at.is_some() || work.retries_kicks) {
            // Refused twice: the delete that follows will show whether the token is bad or merely not allowed to kick.
            // No delete follows a retried kick, so nothing would show it.
            signal = Signal::Nothing;
        }
        self.note_answer(signal, false, limit, random, now)?;
        if work.stage.is_closed() {
            return self.close(work, now);
        }
        match signal {
            Signal::Limited(_) => return self.postpone_untried(work, now),
            Signal::Refused => {
                self.note_refusal("works", work.id, now)?;
                return self.postpone_untried(work, after(now, BEHIND_OTHERS));
            }
            Signal::Accepted => self.note_accepted(false, now),
            Signal::Nothing => {}
        }
        self.take_result(request, work, result, random, now)
    }

    /// Handles the response to a work row's request, unless it is about the pace.
    fn take_result(
        &self,
        request: &Request,
        work: &Work,
        result: Result<Body, (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match request {
            Request::KickAll { .. } => self.kicked(work, 1, None, result.map(drop), random, now),
            Request::Kick {
                participants, last, ..
            } => {
                let named = participants.len();
                self.kicked(work, named, Some(*last), result.map(drop), random, now)
            }
            Request::Session { .. } => self.session_seen(work, result.map(drop), random, now),
            _ => self.take_list(request, work, result, random, now),
        }
    }

    /// Does the same for a list, or for the app check before it.
    fn take_list(
        &self,
        request: &Request,
        work: &Work,
        result: Result<Body, (ApiError, Option<String>)>,
        random: f64,
        now: u64,
    ) -> Result<(), StoreError> {
        match (request, result) {
            (_, Ok(Body::Meetings(page))) => {
                if let (1, Some(total)) = (work.page, page.total_count) {
                    self.note_meetings(total)?;
                }
                self.share(work, now, |work| {
                    self.read_meetings(work, &page, random, now)
                })
            }
            (_, Ok(Body::Participants(page))) => self.share(work, now, |work| {
                self.read_participants(work, &page, random, now)
            }),
            (Request::FindApp { .. }, Ok(_)) => self.postpone_untried(work, now),
            (Request::ListParticipants { .. }, result) if self.proves_nothing(&result) => {
                self.postpone_untried(work, now)
            }
            (_, Ok(Body::Nothing)) => self.read_nothing(work, random, now),
            (_, Err((error, ray))) => {
                self.list_failed(request, work, error, ray.as_deref(), random, now)
            }
        }
    }

    /// Returns what a response says about the token and the limit. If something was refused before, and others of its
    /// kind were accepted since, a refusal is about that thing and not about the token.
    fn signal<R>(
        &self,
        result: &Result<R, (ApiError, Option<String>)>,
        refused_at: Option<u64>,
        deletes: bool,
    ) -> Signal {
        match result {
            Ok(_) | Err((ApiError::Rejected { .. }, _)) => Signal::Accepted,
            Err((ApiError::RateLimited { retry_after }, _)) => Signal::Limited(*retry_after),
            Err((ApiError::TokenRefused { .. }, _)) => {
                let accepted = self.accepted_at(deletes);
                if refused_at.is_some_and(|refused| accepted > refused) {
                    Signal::Nothing
                } else {
                    Signal::Refused
                }
            }
            Err(_) => Signal::Nothing,
        }
    }
}
