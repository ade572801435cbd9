//! Tokens of people without an account: one names a cart, another makes an order its bearer's own. Stores hold their hashes.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_runtime::secrets::RotatingKeys;
use cartwright_types::{OrderId, random};
use thiserror::Error;

/// 256 bits as base64url. Neither `Debug` nor `Display`: whoever reads it can use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// SHA-256 of a token's text. A token has 256 bits that nobody can guess, so a plain hash is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl Token {
    /// A random one.
    #[must_use]
    pub fn random() -> Self {
        Self(random::token())
    }

    /// What a client sent; `None`: it is no token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The text, for its bearer alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stores hold.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        TokenHash(bytes)
    }
}

impl TokenHash {
    /// For a column.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is the hash that was stored.
    #[must_use]
    pub fn is(&self, stored: &[u8]) -> bool {
        verify_slices_are_equal(&self.0, stored).is_ok()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        URL_SAFE_NO_PAD.encode(self.0).fmt(f)
    }
}

/// The keys that tokens are derived with (secret `guest-token-keys`): whoever repeats a request gets the same token again,
/// and it need not be stored for that.
pub struct TokenKeys {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

/// The secret holds no keys.
#[derive(Debug, Error)]
#[error("a token key must be base64url of at least 32 bytes")]
pub struct TokenKeyError;

impl TryFrom<&RotatingKeys> for TokenKeys {
    type Error = TokenKeyError;

    fn try_from(keys: &RotatingKeys) -> Result<Self, TokenKeyError> {
        let key = |text: &String| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|key| key.len() >= 32);
            bytes.map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key)).ok_or(TokenKeyError)
        };
        Ok(Self { current: key(&keys.current)?, previous: keys.previous.as_ref().map(key).transpose()? })
    }
}

impl TokenKeys {
    /// The token of a new order.
    #[must_use]
    pub fn of_order(&self, order: OrderId) -> Token {
        derive(&self.current, "order", &order.to_string())
    }

    /// The token whose hash an order was stored with. `None`: the key it was derived with is gone; the token goes on working
    /// for whoever has it.
    #[must_use]
    pub fn of_stored_order(&self, order: OrderId, stored: &[u8]) -> Option<Token> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .map(|key| derive(key, "order", &order.to_string()))
            .find(|token| token.hash().is(stored))
    }

    /// The token of the cart that a request with an idempotency key makes: a retry gets the same one.
    #[must_use]
    pub fn of_cart(&self, scope: &str, idempotency_key: &str) -> Token {
        derive(&self.current, "cart", &format!("{scope}\0{idempotency_key}"))
    }
}

fn derive(key: &hmac::Key, kind: &str, of: &str) -> Token {
    Token(URL_SAFE_NO_PAD.encode(hmac::sign(key, format!("{kind}\0{of}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_types::SystemClock;

    fn keys(current: u8, previous: Option<u8>) -> TokenKeys {
        let text = |byte| URL_SAFE_NO_PAD.encode([byte; 32]);
        TokenKeys::try_from(&RotatingKeys { current: text(current), previous: previous.map(text) }).unwrap()
    }

    #[test]
    fn an_orders_token_is_the_same_each_time_and_differs_by_order_key_and_kind() {
        let (one, two) = (OrderId::new(&SystemClock), OrderId::new(&SystemClock));
        assert!(keys(1, None).of_order(one) == keys(1, None).of_order(one));
        assert!(keys(1, None).of_order(one) != keys(1, None).of_order(two));
        assert!(keys(1, None).of_order(one) != keys(2, None).of_order(one));
        assert!(Token::parse(keys(1, None).of_order(one).expose()).is_some());
        assert!(keys(1, None).of_cart("a", "b") != keys(1, None).of_cart("a", "c"));
    }

    #[test]
    fn a_token_is_found_again_until_its_key_has_been_changed_twice() {
        let order = OrderId::new(&SystemClock);
        let token = keys(1, None).of_order(order);
        let stored = *token.hash().bytes();
        for keys in [keys(1, None), keys(2, Some(1))] {
            assert!(keys.of_stored_order(order, &stored) == Some(token.clone()));
        }
        assert!(keys(3, Some(2)).of_stored_order(order, &stored).is_none());
    }

    #[test]
    fn only_256_bits_in_base64url_are_a_token() {
        let token = Token::random();
        assert!(Token::parse(token.expose()) == Some(token.clone()));
        for text in ["", "abc", &format!("{}A", token.expose()), &format!("{}=", token.expose()), "é"] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn short_keys_are_refused() {
        let short = RotatingKeys { current: "c2hvcnQ".to_owned(), previous: None };
        assert!(TokenKeys::try_from(&short).is_err());
    }
}
