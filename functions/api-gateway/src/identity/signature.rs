//! Whether one of our keys signed a token (RFC 7515). What it then says is looked at in [`super::verdict`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use thiserror::Error;

use super::keys::Keys;

/// A token longer than this is none of ours.
const LONGEST: usize = 4 * 1024;

/// Why a token is refused; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is no JWS, or its header asks for what is not done here.
    #[error("the token is malformed")]
    Malformed,
    /// Its key is not one of ours.
    #[error("the token's key is not known")]
    UnknownKey,
    /// There never were any keys to tell.
    #[error("there are no keys to verify the token with")]
    NoKeys,
    /// The key is for another algorithm, or did not sign it.
    #[error("the token's signature is not valid")]
    Signature,
    /// It is signed, and no access token of ours.
    #[error("the token is not an access token for us")]
    Claims,
    /// Over, or not begun.
    #[error("the token is not valid at this time")]
    Time,
}

/// What one of our keys signed.
#[derive(Debug)]
pub struct Signed {
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The bytes between the dots.
    pub payload: Vec<u8>,
}

/// Checks the signature of a token in compact serialisation. The key is one of ours and decides the algorithm, which the
/// header must name (RFC 8725, 3.1); keys that a token brings along or points to are not looked at.
///
/// # Errors
/// All but [`TokenError::Claims`] and [`TokenError::Time`].
pub async fn check(keys: &Keys, token: &str) -> Result<Signed, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
    // `crit` names extensions that must be understood (RFC 7515, 4.1.11); none is.
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) || header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let kid = header.kid.ok_or(TokenError::Malformed)?;
    let key = keys.get(&kid).await?;
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (_, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
    if header.alg != key.algorithm() || !key.verifies(message.as_bytes(), &signature) {
        return Err(TokenError::Signature);
    }
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| TokenError::Malformed)?;
    Ok(Signed { typ: header.typ, payload })
}
