//! What makes a signed token an access token for us (RFC 9068).

use cartwright_types::{Role, SessionId, UserId};
use cartwright_web::identity::Subject;
use serde::Deserialize;

use super::signature::{Signed, TokenError};

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

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: UserId,
    sid: SessionId,
    roles: Vec<Role>,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
}

/// RFC 7519, 4.1.3
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn includes(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// What the claims must say.
pub struct Expectations {
    issuer: String,
    audience: String,
}

impl Expectations {
    /// Tokens of `issuer` for `audience`.
    pub fn new(issuer: &str, audience: &str) -> Self {
        Self { issuer: issuer.to_owned(), audience: audience.to_owned() }
    }

    /// Looks at type and claims at second `now`.
    ///
    /// # Errors
    /// [`TokenError::Claims`] or [`TokenError::Time`].
    pub fn judge(&self, signed: &Signed, now: i64) -> Result<Verdict, TokenError> {
        let typ = signed.typ.as_deref().unwrap_or_default();
        if !["at+jwt", "application/at+jwt"].iter().any(|good| typ.eq_ignore_ascii_case(good)) {
            return Err(TokenError::Claims);
        }
        let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| TokenError::Claims)?;
        if claims.iss != self.issuer || !claims.aud.includes(&self.audience) {
            return Err(TokenError::Claims);
        }
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
