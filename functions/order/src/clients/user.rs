//! The user service: who a buyer is.

use axum::http::Method;
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

    /// Where to reach a user.
    ///
    /// # Errors
    /// The service did not answer, or does not know them.
    pub async fn contact(&self, user: UserId) -> Result<Contact, CallError> {
        let path = format!("/internal/users/{user}/contact");
        self.client.call::<(), _>(Method::GET, &path, "contact", None).await
    }
}
