//! The people of the cases.

use std::time::Duration;

use anyhow::{Context as _, Result};
use cartwright_types::{SystemClock, new_uuid};
use futures::{StreamExt as _, TryStreamExt as _, stream, try_join};
use localstack::mail::{Mailbox, wait_for};
use localstack::{Service, Stack};
use reqwest::Method;
use serde_json::{Value, json};

use super::case::Who;
use crate::api::Api;
use crate::shopper::{PASSWORD, Shopper, token_in};

/// How long a mail may take.
const MAIL: Duration = Duration::from_mins(1);
/// So many people come at once; each has two passwords hashed.
const AT_ONCE: usize = 8;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Their access token.
    pub token: String,
    /// Their refresh token.
    pub refresh: String,
    /// Their session.
    pub session_id: String,
    /// An entry of their address book; empty when there is none.
    pub address_id: String,
}

/// Those whom all cases share.
#[derive(Debug)]
pub struct Cast {
    /// A customer.
    pub customer: Person,
    /// Another one.
    pub other: Person,
    /// Somebody who runs the shop.
    pub staff: Person,
    /// Somebody who decides who runs it.
    pub admin: Person,
}

impl Cast {
    /// Makes them, each in the way that the shop has for it.
    ///
    /// # Errors
    /// A step of it failed.
    pub async fn assemble(stack: &Stack, api: &Api, mailbox: &dyn Mailbox) -> Result<Self> {
        let admin = async {
            let email = address("admin");
            stack.run_role(Service::User, "create-admin", &[("ADMIN_EMAIL", &email)]).await?;
            invited(api, mailbox, email).await.context("the administrator")
        };
        let customer = async { with_address(api, somebody(api, mailbox).await?).await };
        let other = async { with_address(api, somebody(api, mailbox).await?).await };
        let (admin, customer, other) = try_join!(admin, customer, other)?;
        let email = address("staff");
        let body = json!({ "email": email, "full_name": "Grace Wheeler", "role": "staff" });
        call(api, &admin, Method::POST, "/users", &body)
            .await?
            .expect(201)
            .context("POST /users by an admin")?;
        let staff = invited(api, mailbox, email).await.context("staff")?;
        Ok(Self { customer, other, staff, admin })
    }

    /// The one who is `who`; None for those who are not shared.
    #[must_use]
    pub const fn of(&self, who: Who) -> Option<&Person> {
        match who {
            Who::Customer => Some(&self.customer),
            Who::Other => Some(&self.other),
            Who::Staff => Some(&self.staff),
            Who::Admin => Some(&self.admin),
            Who::Anonymous | Who::Fresh => None,
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Person> {
        [&self.customer, &self.other, &self.staff, &self.admin].into_iter()
    }
}

impl Person {
    /// Their word for a placeholder.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        Some(match name {
            "id" => &self.id,
            "email" => &self.email,
            "password" => &self.password,
            "token" => &self.token,
            "refresh" => &self.refresh,
            "session_id" => &self.session_id,
            "address_id" => &self.address_id,
            _ => return None,
        })
    }

    #[cfg(test)]
    pub fn nobody() -> Self {
        let none = String::new;
        Self {
            id: none(),
            email: none(),
            password: none(),
            token: none(),
            refresh: none(),
            session_id: none(),
            address_id: none(),
        }
    }
}

/// As many customers, with sessions and nothing else.
///
/// # Errors
/// A step of it failed.
pub async fn people(api: &Api, mailbox: &dyn Mailbox, number: usize) -> Result<Vec<Person>> {
    let coming = stream::iter(0..number).map(|_| somebody(api, mailbox));
    coming.buffer_unordered(AT_ONCE).try_collect().await
}

async fn somebody(api: &Api, mailbox: &dyn Mailbox) -> Result<Person> {
    let shopper = Shopper::new(api);
    shopper.register().await?;
    shopper.verify(mailbox).await?;
    signed_in(api, shopper.email).await.context("a customer")
}

/// Sets the password by the link of an invitation, and signs in.
async fn invited(api: &Api, mailbox: &dyn Mailbox, email: String) -> Result<Person> {
    let mail =
        wait_for(mailbox, &email, MAIL, |mail| mail.text.contains("/auth/password/reset?token=")).await?;
    let body = json!({ "token": token_in(&mail.text)?, "password": PASSWORD });
    api.send(Method::POST, "/auth/password/reset", &[], &body).await?.expect(204)?;
    signed_in(api, email).await
}

async fn signed_in(api: &Api, email: String) -> Result<Person> {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = api.send(Method::POST, "/auth/login", &[], &body).await?.expect(200)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut person = Person {
        id: text(&answer["user"]["id"]).context("no user in the answer to a login")?,
        email,
        password: PASSWORD.to_owned(),
        token: text(&answer["access_token"]).context("no access token")?,
        refresh: text(&answer["refresh_token"]).context("no refresh token")?,
        session_id: String::new(),
        address_id: String::new(),
    };
    let sessions = call(api, &person, Method::GET, "/auth/sessions", &Value::Null).await?.expect(200)?;
    let current =
        sessions["data"].as_array().into_iter().flatten().find(|session| session["current"] == true);
    person.session_id = current.and_then(|session| text(&session["id"])).context("no current session")?;
    Ok(person)
}

async fn with_address(api: &Api, mut person: Person) -> Result<Person> {
    let body = json!({
        "name": "Ada Wagner", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE",
    });
    let path = format!("/users/{}/addresses", person.id);
    let address = call(api, &person, Method::POST, &path, &body).await?.expect(201)?;
    address["id"].as_str().context("an address without id")?.clone_into(&mut person.address_id);
    Ok(person)
}

async fn call(
    api: &Api,
    person: &Person,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<crate::api::Answer> {
    let bearer = format!("Bearer {}", person.token);
    api.send(method, path, &[("authorization", &bearer)], body).await
}

fn address(name: &str) -> String {
    format!("{name}.{}@example.com", new_uuid(&SystemClock).simple())
}
