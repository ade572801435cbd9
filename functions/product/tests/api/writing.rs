//! Staff at work, and what is told of it.

use std::fmt::Write as _;

use cartwright_test_support::Answer;
use cartwright_types::{Role, UserId};
use serde_json::Value;

use crate::support::Shop;

/// Somebody of the staff.
pub struct Staff<'a> {
    shop: &'a Shop,
    id: UserId,
}

impl<'a> Staff<'a> {
    pub fn of(shop: &'a Shop) -> Self {
        Self { shop, id: UserId(shop.id()) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.shop.app.get(path).as_role(self.id, Role::Staff).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.shop.app.post(path).as_role(self.id, Role::Staff).json(body).send().await
    }

    pub async fn post_keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        let call = self.shop.app.post(path).as_role(self.id, Role::Staff).header("idempotency-key", key);
        call.json(body).send().await
    }

    /// With `If-Match`, and a body unless it is null.
    pub async fn send(&self, method: &str, path: &str, if_match: Option<&str>, body: &Value) -> Answer {
        let mut call = self.shop.app.call(method.parse().unwrap(), path).as_role(self.id, Role::Staff);
        if let Some(tag) = if_match {
            call = call.header("if-match", tag);
        }
        if body.is_null() { call.send().await } else { call.json(body).send().await }
    }
}

/// The types and versions of all events so far.
pub async fn told(shop: &Shop) -> Vec<(String, i64)> {
    let bodies: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox ORDER BY created_at")
        .fetch_all(shop.db.pool())
        .await
        .unwrap();
    let events = bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
    events
        .filter(|event| event["aggregate"]["kind"] == "product")
        .map(|event| {
            (event["type"].as_str().unwrap().to_owned(), event["aggregate"]["version"].as_i64().unwrap())
        })
        .collect()
}

/// A text as a query string has it.
pub fn in_query(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    })
}
