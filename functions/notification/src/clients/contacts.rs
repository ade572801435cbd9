//! Where to reach somebody: the user service's `GET /internal/users/{id}/contact`, for a guest the order service's
//! `GET /internal/orders/{id}/contact`.

use axum::http::{Method, StatusCode};
use cartwright_contracts::contact::{Contact, OrderContact};
use cartwright_types::OrderId;
use cartwright_web::client::{CallError, InternalClient};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::config::Shop;
use crate::domain::Person;

/// Asks the services that know.
pub struct Contacts {
    users: InternalClient,
    orders: InternalClient,
    shop: Shop,
}

/// How somebody is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Reach {
    /// The address to write to.
    pub email: String,
    /// The address that is to take its place.
    pub pending_email: Option<String>,
    /// Their telephone number (E.164).
    pub phone: Option<String>,
    /// How they want to be called; None: they did not say, or it is not known that the address is theirs.
    pub name: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// Makes a guest's order its bearer's own.
    pub order_token: Option<String>,
    /// Whether they agreed to be written to about what is to sell.
    pub marketing_consent: bool,
}

/// Why there is no contact.
#[derive(Debug, Error)]
pub enum ContactError {
    /// There is no such user or guest, or they were erased.
    #[error("the recipient cannot be reached")]
    Nobody,
    /// To be asked again.
    #[error("the contact could not be read")]
    Unavailable(#[source] CallError),
}

impl Contacts {
    /// By these clients; the shop's own people are named by its settings.
    #[must_use]
    pub const fn new(users: InternalClient, orders: InternalClient, shop: Shop) -> Self {
        Self { users, orders, shop }
    }

    /// Where to reach somebody.
    ///
    /// # Errors
    /// See [`ContactError`].
    pub async fn of(&self, person: Person) -> Result<Reach, ContactError> {
        match person {
            Person::User(id) => {
                let contact: Contact = ask(&self.users, &format!("/internal/users/{id}/contact")).await?;
                // Whoever registers somebody else's address chooses a name, too: it is not said before the address is proven.
                let name = contact.full_name.filter(|_| contact.email_verified);
                Ok(Reach {
                    email: contact.email,
                    pending_email: contact.pending_email,
                    phone: contact.phone,
                    name,
                    locale: contact.locale,
                    order_token: None,
                    marketing_consent: contact.marketing_opt_in,
                })
            }
            Person::Guest(order) => self.of_guest(order).await,
            Person::Operations => self.of_operations(),
        }
    }

    fn of_operations(&self) -> Result<Reach, ContactError> {
        let email = self.shop.operations_email.clone().ok_or(ContactError::Nobody)?;
        let locale = self.shop.locale.clone();
        Ok(Reach {
            email,
            pending_email: None,
            phone: None,
            name: None,
            locale,
            order_token: None,
            marketing_consent: false,
        })
    }

    /// Nobody has proven a guest's address, so they are not called by name.
    async fn of_guest(&self, order: OrderId) -> Result<Reach, ContactError> {
        let path = format!("/internal/orders/{order}/contact");
        let OrderContact { email, locale, order_token, .. } = ask(&self.orders, &path).await?;
        Ok(Reach {
            email,
            pending_email: None,
            phone: None,
            name: None,
            locale,
            order_token,
            marketing_consent: false,
        })
    }
}

async fn ask<T: DeserializeOwned>(client: &InternalClient, path: &str) -> Result<T, ContactError> {
    match client.call(Method::GET, path, "contact", None::<&()>).await {
        Ok(contact) => Ok(contact),
        Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => Err(ContactError::Nobody),
        Err(error) => Err(ContactError::Unavailable(error)),
    }
}
