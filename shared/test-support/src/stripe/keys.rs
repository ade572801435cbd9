//! Idempotency keys: the first answer is kept and given again.

use std::collections::HashMap;

use serde_json::Value;

use super::error::StripeError;

/// A status and a body.
pub type Answer = (u16, Value);

#[derive(Debug)]
struct Use {
    fingerprint: String,
    /// `None`: the first call still runs.
    answer: Option<Answer>,
}

/// The keys that were used.
#[derive(Debug, Default)]
pub struct Keys(HashMap<String, Use>);

impl Keys {
    /// Claims a key for a call; `Some`: this was its answer the first time.
    ///
    /// # Errors
    /// The key belongs to another call, or its first call still runs.
    pub fn claim(&mut self, key: &str, fingerprint: &str) -> Result<Option<Answer>, StripeError> {
        let Some(known) = self.0.get(key) else {
            self.0.insert(key.to_owned(), Use { fingerprint: fingerprint.to_owned(), answer: None });
            return Ok(None);
        };
        if known.fingerprint != fingerprint {
            let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            return Err(StripeError::bare(400, "idempotency_error", None, message));
        }
        match &known.answer {
            Some(answer) => Ok(Some(answer.clone())),
            None => Err(StripeError::bare(
                409,
                "idempotency_error",
                Some("idempotency_key_in_use"),
                "There is currently another in-progress request using this Idempotent Key.",
            )),
        }
    }

    /// Keeps the answer.
    pub fn keep(&mut self, key: &str, answer: &Answer) {
        if let Some(known) = self.0.get_mut(key) {
            known.answer = Some(answer.clone());
        }
    }

    /// The call was refused before it began: the key is free.
    pub fn free(&mut self, key: &str) {
        self.0.remove(key);
    }
}
