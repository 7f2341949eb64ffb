//! Whether `RealtimeKit` knows the app at all. An app id that is mistyped may be answered 404 just as a participant who is
//! gone: so until something of the app was answered well, a 404 proves nothing, and the list of meetings is asked for, which
//! every app has. That costs one request in an app's life, and none where the first answer is a good one.

use super::Ledger;
use super::steps::Request;
use super::store::{Store, StoreError};
use super::synchronous::SynchronousRemoval;
use crate::realtimekit::{Api, ApiError};
use crate::removal::Outcome;
use crate::values;

/// The note that holds where the app was found.
const NOTE: &str = "ledger.app";

impl<S: Store> Ledger<S> {
    /// Takes up what is known of the app at these endpoints.
    pub(super) fn recall_app(&self, api: &Api) -> Result<(), StoreError> {
        let known = self.note(NOTE)?.as_deref() == Some(api.prefix());
        self.knows_app.set(known);
        Ok(())
    }

    /// Takes up what synchronous removals say of the app: whoever was removed was there, and so is the app.
    pub fn hear_of_app(&self, api: &Api, done: &[SynchronousRemoval]) -> Result<(), StoreError> {
        if !self.knows_app.get() {
            self.recall_app(api)?;
        }
        if done.iter().any(|one| one.outcome == Outcome::Removed) {
            self.app_found(api)?;
        }
        Ok(())
    }

    /// Why a synchronous removal that found nobody may be about nothing at all, as long as that is doubtful.
    pub(super) fn why_doubtful(&self) -> Option<&'static str> {
        const WHY: &str = "RealtimeKit has not answered well for this app yet, and its 404 may be about the app itself: check \
                           REALTIMEKIT_APP_IDS";
        (!self.knows_app.get()).then_some(WHY)
    }

    /// Something of the app was answered well.
    pub(super) fn app_found(&self, api: &Api) -> Result<(), StoreError> {
        if !self.knows_app.replace(true) {
            self.set_note(NOTE, api.prefix())?;
        }
        self.pacing.borrow_mut().doubtful = false;
        Ok(())
    }

    /// Whether an error says that somebody or something is not there, before anything was found to be: the app is asked for
    /// first, by one request at a time.
    pub(super) fn proves_nothing<R>(&self, result: &Result<R, (ApiError, Option<String>)>) -> bool {
        let doubtful =
            !self.knows_app.get() && matches!(result, Err((error, _)) if error.is_not_found());
        if doubtful {
            self.pacing.borrow_mut().doubtful = true;
        }
        doubtful
    }

    /// What is asked in the place of a request: whether there is the app, as long as that is doubtful.
    pub(super) fn doubted(&self, request: Request) -> Result<Request, StoreError> {
        if !self.pacing.borrow().doubtful {
            return Ok(request);
        }
        Ok(match request {
            Request::Delete { item, .. } | Request::Look { item, .. } => {
                // Should this be interrupted, nobody has been deleted by it.
                self.store.run(
                    "UPDATE items SET attempts = attempts - 1, finds_app = 1 WHERE id = ?1",
                    &values![item],
                )?;
                Request::FindAppFirst { item }
            }
            Request::ListParticipants { work, .. } => Request::FindApp { work },
            other => other,
        })
    }
}

/// What the answer to the question for the app means: where its list of meetings is a 404, there is no such app.
pub(super) fn no_app(error: ApiError) -> ApiError {
    if error.is_not_found() {
        return ApiError::no_route();
    }
    error
}
