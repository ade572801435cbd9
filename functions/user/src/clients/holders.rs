//! The services that hold something about users: `GET /internal/users/{id}/export` of each.

use axum::http::Method;
use cartwright_types::UserId;
use cartwright_web::client::{CallError, InternalClient};
use serde_json::{Map, Value};
use thiserror::Error;

/// Asks them all.
pub struct Holders(Vec<Holder>);

/// One of them.
pub struct Holder {
    /// Its name, for the log.
    pub service: &'static str,
    /// Leads to it.
    pub client: InternalClient,
}

/// One of them did not say what it holds.
#[derive(Debug, Error)]
#[error("the {service} service did not say what it holds")]
pub struct HolderError {
    service: &'static str,
    #[source]
    source: CallError,
}

impl Holders {
    /// These.
    #[must_use]
    pub const fn new(holders: Vec<Holder>) -> Self {
        Self(holders)
    }

    /// What all of them hold about a user, in one object.
    ///
    /// # Errors
    /// One of them does not answer: half of it would pass for the whole.
    pub async fn export(&self, user: UserId) -> Result<Map<String, Value>, HolderError> {
        let path = &format!("/internal/users/{user}/export");
        let asked = self.0.iter().map(|holder| async move {
            let answer = holder.client.call(Method::GET, path, "export", None::<&()>).await;
            answer.map_err(|source| HolderError { service: holder.service, source })
        });
        let parts: Vec<Map<String, Value>> = futures::future::try_join_all(asked).await?;
        Ok(parts.into_iter().flatten().collect())
    }
}
