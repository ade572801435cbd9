//! One key per audience; two are valid at a time, so that a key can be changed without a refused request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_runtime::secrets::RotatingKeys;
use jsonwebtoken::{DecodingKey, EncodingKey};
use thiserror::Error;

/// A key that cannot be used.
#[derive(Debug, Error)]
#[error("an identity key must be base64url of at least 32 bytes")]
pub struct KeyError;

/// The keys of one service's callers.
#[derive(Clone)]
pub struct AudienceKeys {
    pub(super) signing: EncodingKey,
    pub(super) verifying: Vec<DecodingKey>,
}

impl TryFrom<&RotatingKeys> for AudienceKeys {
    type Error = KeyError;

    fn try_from(keys: &RotatingKeys) -> Result<Self, KeyError> {
        let current = decode(&keys.current)?;
        let mut verifying = vec![DecodingKey::from_secret(&current)];
        if let Some(previous) = &keys.previous {
            verifying.push(DecodingKey::from_secret(&decode(previous)?));
        }
        Ok(Self { signing: EncodingKey::from_secret(&current), verifying })
    }
}

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|key| key.len() >= 32).ok_or(KeyError)
}
