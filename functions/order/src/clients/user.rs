//! The user service: who a buyer is.

use axum::http::{Method, StatusCode};
use cartwright_contracts::contact::Contact;
use cartwright_types::UserId;
use cartwright_web::client::{CallError, InternalClient};

/// The user service.
pub struct Users {
    client: InternalClient,
}

impl Users {
    /// A client.
    #[must_use]
    pub const fn new(client: InternalClient) -> Self {
        Self { client }
    }

    /// Where to reach a user; `None` when there is nobody, or nobody any more.
    ///
    /// # Errors
    /// The service did not answer.
    pub async fn contact(&self, user: UserId) -> Result<Option<Contact>, CallError> {
        let path = format!("/internal/users/{user}/contact");
        match self.client.call::<(), _>(Method::GET, &path, "contact", None).await {
            Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }
}
