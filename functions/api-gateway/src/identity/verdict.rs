//! What makes an access token good (RFC 9068, RFC 8725).

use cartwright_types::{Role, SessionId, UserId};
use cartwright_web::identity::Subject;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use thiserror::Error;

/// A token longer than this is none of ours.
const LONGEST: usize = 4 * 1024;
/// How far the issuer's clock may be ahead, in seconds. Expiry has no leeway.
const AHEAD: i64 = 2;

/// A token that was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whom it speaks for.
    pub subject: Subject,
    /// Who that is.
    pub user: UserId,
    /// The highest of their roles.
    pub role: Role,
    /// The session, by which it can be revoked.
    pub session: SessionId,
    /// The second from which on it is not good any more.
    pub expires: i64,
}

/// Why a token is refused; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is no JWT, or its header is not that of an access token of ours.
    #[error("the token is not an access token")]
    Header,
    /// Signature, issuer, audience or claims.
    #[error("the token does not verify")]
    Invalid,
    /// Over, or not begun.
    #[error("the token is not valid at this time")]
    Time,
}

/// A token whose header looks right; nothing else is known of it.
pub struct Unverified<'a> {
    token: &'a str,
    /// Names the key.
    pub kid: String,
}

impl<'a> Unverified<'a> {
    /// Reads the header. The algorithm is ours to choose, never the token's, and keys that it brings along or points
    /// to are not looked at.
    pub fn read(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Header);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Header)?;
        let typ = header.typ.unwrap_or_default();
        let is_access_token =
            typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt");
        // `crit` names extensions that must be understood (RFC 7515, 4.1.11); none is.
        if header.alg != Algorithm::RS256 || !is_access_token || header.crit.is_some() {
            return Err(TokenError::Header);
        }
        header.kid.map(|kid| Self { token, kid }).ok_or(TokenError::Header)
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: UserId,
    sid: SessionId,
    roles: Vec<Role>,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
}

/// What the claims must say.
pub struct Expectations(Validation);

impl Expectations {
    /// Tokens of `issuer` for `audience`.
    pub fn new(issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The injected clock decides, below.
        validation.validate_exp = false;
        Self(validation)
    }

    /// Verifies signature and claims at second `now`.
    pub fn verify(&self, token: &Unverified<'_>, key: &DecodingKey, now: i64) -> Result<Verdict, TokenError> {
        let claims = jsonwebtoken::decode::<Claims>(token.token, key, &self.0)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let begins = claims.nbf.max(claims.iat).unwrap_or(now);
        if claims.exp <= now || begins > now.saturating_add(AHEAD) {
            return Err(TokenError::Time);
        }
        let role = claims.roles.iter().max().copied().unwrap_or(Role::Customer);
        let (user, session) = (claims.sub, claims.sid);
        let subject = Subject::User { id: user, roles: claims.roles, session };
        Ok(Verdict { subject, user, role, session, expires: claims.exp })
    }
}
