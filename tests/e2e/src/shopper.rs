//! Somebody who buys.

use std::time::Duration;

use anyhow::{Context as _, Result};
use cartwright_types::{SystemClock, new_uuid};
use localstack::Stack;
use localstack::databases::Database;
use localstack::mail::{Mailbox, wait_for};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::api::{Answer, Api};

/// Every shopper's password.
pub const PASSWORD: &str = "a quiet wagon by the river";
/// How long a mail may take.
const MAIL: Duration = Duration::from_mins(1);

/// A shopper with an address of their own.
#[derive(Debug, Clone)]
pub struct Shopper {
    /// The API.
    pub api: Api,
    /// Their address.
    pub email: String,
    /// The access token, once signed in.
    pub token: Option<String>,
}

/// The token of the link in a mail's text.
///
/// # Errors
/// There is none.
pub fn token_in(text: &str) -> Result<String> {
    let (_, rest) = text.split_once("?token=").context("the mail has no link with a token")?;
    Ok(rest.split_whitespace().next().unwrap_or_default().to_owned())
}

impl Shopper {
    /// Somebody new.
    #[must_use]
    pub fn new(api: &Api) -> Self {
        let email = format!("ada.{}@example.com", new_uuid(&SystemClock).simple());
        Self { api: api.clone(), email, token: None }
    }

    /// Calls the API, signed in if they are.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.call_with(method, path, &[], body).await
    }

    /// The same with headers.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer> {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = headers.to_vec();
        headers.extend(bearer.iter().map(|bearer| ("authorization", bearer.as_str())));
        self.api.send(method, path, &headers, body).await
    }

    /// GET
    ///
    /// # Errors
    /// There was no answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.call(Method::GET, path, &Value::Null).await
    }

    /// POST
    ///
    /// # Errors
    /// There was no answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, path, body).await
    }

    /// `POST /auth/register`
    ///
    /// # Errors
    /// It was refused.
    pub async fn register(&self) -> Result<Value> {
        let body = json!({ "email": self.email, "password": PASSWORD, "full_name": "Ada Wagner" });
        self.post("/auth/register", &body).await?.expect(202)
    }

    /// Reads the verification mail and uses its token.
    ///
    /// # Errors
    /// No mail, or the token is refused.
    pub async fn verify(&self, mailbox: &dyn Mailbox) -> Result<()> {
        let mail =
            wait_for(mailbox, &self.email, MAIL, |mail| mail.text.contains("/auth/email/verify?token="))
                .await?;
        let body = json!({ "token": token_in(&mail.text)? });
        self.post("/auth/email/verify", &body).await?.expect(204).map(drop)
    }

    /// `POST /auth/login`; from then on they are signed in.
    ///
    /// # Errors
    /// It was refused.
    pub async fn login(&mut self) -> Result<Value> {
        // The one that they may have is over, and one who shows it is not heard.
        self.token = None;
        let body = json!({ "email": self.email, "password": PASSWORD });
        let answer = self.post("/auth/login", &body).await?.expect(200)?;
        let token = answer["access_token"].as_str().context("no access token in the answer")?;
        self.token = Some(token.to_owned());
        Ok(answer)
    }

    /// Registers, verifies, signs in.
    ///
    /// # Errors
    /// A step failed.
    pub async fn join(api: &Api, mailbox: &dyn Mailbox) -> Result<Self> {
        let mut shopper = Self::new(api);
        shopper.register().await?;
        shopper.verify(mailbox).await?;
        shopper.login().await?;
        Ok(shopper)
    }

    /// Makes them staff, past the API, and signs them in again: a token says what its user was.
    ///
    /// # Errors
    /// The database or the sign-in failed.
    pub async fn hire(&mut self, stack: &Stack) -> Result<()> {
        let users = PgPool::connect(&stack.database_url(Database::Users)).await?;
        let statement = "UPDATE users SET role = 'staff' WHERE email = $1";
        sqlx::query(statement).bind(&self.email).execute(&users).await?;
        self.login().await.map(drop)
    }

    /// The body of `POST /orders`: to Berlin, by the first method that goes there.
    ///
    /// # Errors
    /// The shop ships nowhere.
    pub async fn order_body(&self, lines: Option<Value>, token: &str) -> Result<Value> {
        let methods = self.get("/shipping-methods").await?.expect(200)?;
        let method = methods["data"][0]["id"].as_str().context("the shop has no shipping method")?.to_owned();
        let mut body = json!({
            "shipping_address": {
                "name": "Ada Wagner", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE",
            },
            "payment": { "provider": "test", "token": token },
            "shipping_method": method,
        });
        if let Some(lines) = lines {
            body["lines"] = lines;
        }
        Ok(body)
    }

    /// `POST /orders` with a key.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn order(&self, key: &str, body: &Value) -> Result<Answer> {
        self.call_with(Method::POST, "/orders", &[("idempotency-key", key)], body).await
    }
}
