//! Whether `RealtimeKit` knows the app at all. It may respond to a mistyped app id with 404, just as for a participant
//! who is gone. So until a request for the app has succeeded, a 404 proves nothing, and the list of meetings, which
//! every app has, is requested first. That costs one request in an app's life, and none if the first response is a
//! success.

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
    /// Loads whether the app was found at these endpoints.
    pub(super) fn recall_app(&self, api: &Api) -> Result<(), StoreError> {
        let known = self.note(NOTE)?.as_deref() == Some(api.prefix());
        self.knows_app.set(known);
        Ok(())
    }

    /// Learns about the app from synchronous removals: whoever was removed was there, and so is the app.
    pub fn hear_of_app(&self, api: &Api, done: &[SynchronousRemoval]) -> Result<(), StoreError> {
        if !self.knows_app.get() {
            self.recall_app(api)?;
        }
        if done.iter().any(|one| one.outcome == Outcome::Removed) {
            self.app_found(api)?;
        }
        Ok(())
    }

    /// Returns why a synchronous removal that found nobody may prove nothing, while the app is in doubt.
    pub(super) fn why_doubtful(&self) -> Option<&'static str> {
        const WHY: &str = "RealtimeKit has not answered well for this app yet, and its 404 may be about the app itself: check \
                           REALTIMEKIT_APP_IDS";
        (!self.knows_app.get()).then_some(WHY)
    }

    /// Records that a request for the app succeeded.
    pub(super) fn app_found(&self, api: &Api) -> Result<(), StoreError> {
        if !self.knows_app.replace(true) {
            self.set_note(NOTE, api.prefix())?;
        }
        self.pacing.borrow_mut().doubtful = false;
        Ok(())
    }

    /// Returns whether an error reports something as not found before anything was found in the app. If so, the app is
    /// checked first, by one request at a time.
    pub(super) fn proves_nothing<R>(&self, result: &Result<R, (ApiError, Option<String>)>) -> bool {
        let doubtful =
            !self.knows_app.get() && matches!(result, Err((error, _)) if error.is_not_found());
        if doubtful {
            self.pacing.borrow_mut().doubtful = true;
        }
        doubtful
    }

    /// Replaces a request with a check that the app exists, while that is in doubt.
    pub(super) fn with_app_check(&self, request: Request) -> Result<Request, StoreError> {
        if !self.pacing.borrow().doubtful {
            return Ok(request);
        }
        Ok(match request {
            Request::Delete { item, .. } | Request::Look { item, .. } => {
                // If this is interrupted, it has deleted nobody.
                self.store.execute(
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

/// Interprets an error of the app check: if the list of meetings is a 404, there is no such app.
pub(super) fn no_app(error: ApiError) -> ApiError {
    if error.is_not_found() {
        return ApiError::no_route();
    }
    error
}
