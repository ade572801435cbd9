//! Opaque tokens: refresh tokens and those in mailed links. The database knows only their hashes.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

/// What the database stores of a token. A token has 256 random bits, so a plain hash is enough.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

/// The key that a refresh token's successor is derived with (secret `token-key`).
#[derive(Clone)]
pub struct SuccessorKey(hmac::Key);

/// The secret is no key.
#[derive(Debug, Error)]
#[error("the token key must be base64url of at least 32 bytes")]
pub struct TokenKeyError;

impl SuccessorKey {
    /// Reads the key from base64url.
    ///
    /// # Errors
    /// It is not base64url, or shorter than 32 bytes.
    pub fn from_base64url(text: &str) -> Result<Self, TokenKeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|key| key.len() >= 32).ok_or(TokenKeyError)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The token that comes after `token`: the same for everybody who asks, so that two tabs get the same one.
    #[must_use]
    pub fn successor(&self, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, token.as_bytes()))
    }

    /// A name for `text` that nobody who reads it can trace back: for keys outside the database. Never that of a token: no
    /// token has a NUL in it.
    #[must_use]
    pub fn pseudonym(&self, kind: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, format!("{kind}\0{text}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_the_same_each_time_and_differs_by_key_and_token() {
        let key = |byte| SuccessorKey::from_base64url(&URL_SAFE_NO_PAD.encode([byte; 32])).unwrap();
        assert_eq!(key(1).successor("a"), key(1).successor("a"));
        assert_ne!(key(1).successor("a"), key(2).successor("a"));
        assert_ne!(key(1).successor("a"), key(1).successor("b"));
        assert_eq!(key(1).successor("a").len(), 43);
        assert_ne!(key(1).pseudonym("account", "a"), key(1).pseudonym("network", "a"));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(SuccessorKey::from_base64url("c2hvcnQ").is_err());
    }
}
