//! Where to reach a user: the user service's `GET /internal/users/{id}/contact`.

use axum::http::{Method, StatusCode};
use cartwright_contracts::contact::Contact;
use cartwright_web::client::{CallError, InternalClient};
use thiserror::Error;

use crate::domain::Person;

/// Asks the user service.
pub struct Contacts(InternalClient);

/// Why there is no contact.
#[derive(Debug, Error)]
pub enum ContactError {
    /// There is no such user, or they were erased.
    #[error("the user cannot be reached")]
    Nobody,
    /// To be asked again.
    #[error("the contact could not be read")]
    Unavailable(#[source] CallError),
}

impl Contacts {
    /// By this client.
    #[must_use]
    pub const fn new(client: InternalClient) -> Self {
        Self(client)
    }

    /// Where to reach somebody.
    ///
    /// # Errors
    /// See [`ContactError`].
    pub async fn of(&self, person: Person) -> Result<Contact, ContactError> {
        let Person::User(user) = person else { return Err(ContactError::Nobody) };
        let path = format!("/internal/users/{user}/contact");
        match self.0.call(Method::GET, &path, "contact", None::<&()>).await {
            Ok(contact) => Ok(contact),
            Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => Err(ContactError::Nobody),
            Err(error) => Err(ContactError::Unavailable(error)),
        }
    }
}
