//! Path and query extractors. A value that cannot be read gets the API's own error rather than axum's plain text.

use axum::extract;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::answer::KitError;
use crate::sim::SharedSim;

/// The path parameters.
pub(super) struct Path<T>(pub(super) T);

/// The query parameters.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<SharedSim> for Path<T> {
    type Rejection = KitError;

    async fn from_request_parts(parts: &mut Parts, state: &SharedSim) -> Result<Self, KitError> {
        let read = extract::Path::from_request_parts(parts, state).await;
        read.map(|extract::Path(path)| Self(path))
            .map_err(|wrong| KitError::bad_request(wrong.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequestParts<SharedSim> for Query<T> {
    type Rejection = KitError;

    async fn from_request_parts(parts: &mut Parts, state: &SharedSim) -> Result<Self, KitError> {
        let read = extract::Query::from_request_parts(parts, state).await;
        read.map(|extract::Query(query)| Self(query))
            .map_err(|wrong| KitError::bad_request(wrong.body_text()))
    }
}
