//! The internal identity token: HS256, 60 seconds, one audience.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cartwright_types::{Role, SessionId, SharedClock, UserId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::AudienceKeys;

const ISSUER: &str = "cartwright";
/// How long a token is valid, in seconds.
const LIFETIME: i64 = 60;
/// A token is handed out again for so long, in seconds; what is left is for the way and for clocks that differ.
const REUSE: i64 = 30;
/// Tokens kept for reuse.
const KEPT: usize = 10_000;

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A request without a sign-in.
    Anonymous,
    /// A signed-in user.
    User {
        /// Who.
        id: UserId,
        /// What they may be.
        roles: Vec<Role>,
        /// Their session.
        session: SessionId,
    },
    /// Another service on its own account.
    Service {
        /// Its name, such as `order`.
        name: String,
        /// What it may do here, such as `reservations`.
        scope: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    iat: i64,
    exp: i64,
}

impl Claims {
    fn subject(self) -> Option<Subject> {
        match self.sub.split_once(':') {
            None if self.sub == "anonymous" => Some(Subject::Anonymous),
            Some(("user", id)) => {
                Some(Subject::User { id: id.parse().ok()?, roles: self.roles, session: self.sid? })
            }
            Some(("service", name)) => Some(Subject::Service { name: name.to_owned(), scope: self.scope? }),
            _ => None,
        }
    }
}

/// Why a token is refused.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// Its signature, algorithm, issuer or audience is not right.
    #[error("the identity token is not valid here")]
    Invalid,
    /// It is over.
    #[error("the identity token has expired")]
    Expired,
}

/// Makes tokens for one audience.
#[derive(Clone)]
pub struct IdentitySigner {
    audience: &'static str,
    keys: AudienceKeys,
    clock: SharedClock,
    kept: Arc<Mutex<Kept>>,
}

/// Tokens and the second in which each was made.
type Kept = HashMap<Subject, (Arc<str>, i64)>;

impl IdentitySigner {
    /// A signer of tokens that the service `audience` accepts.
    #[must_use]
    pub fn new(audience: &'static str, keys: AudienceKeys, clock: SharedClock) -> Self {
        Self { audience, keys, clock, kept: Arc::default() }
    }

    /// A token for `subject`; the same one again within half a minute.
    pub fn token(&self, subject: &Subject) -> Arc<str> {
        let now = self.clock.now().timestamp();
        // A poisoned lock only means that another thread panicked; the map is whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, made)) = kept.get(subject)
            && (0..REUSE).contains(&(now - made))
        {
            return Arc::clone(token);
        }
        let token: Arc<str> = self.sign(subject, now).into();
        if kept.len() >= KEPT {
            kept.retain(|_, (_, made)| (0..REUSE).contains(&(now - *made)));
            if kept.len() >= KEPT {
                kept.clear();
            }
        }
        kept.insert(subject.clone(), (Arc::clone(&token), now));
        token
    }

    fn sign(&self, subject: &Subject, now: i64) -> String {
        let (sub, roles, sid, scope) = match subject {
            Subject::Anonymous => ("anonymous".to_owned(), vec![], None, None),
            Subject::User { id, roles, session } => {
                (format!("user:{id}"), roles.clone(), Some(*session), None)
            }
            Subject::Service { name, scope } => {
                (format!("service:{name}"), vec![], None, Some(scope.clone()))
            }
        };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: self.audience.to_owned(),
            sub,
            roles,
            sid,
            scope,
            iat: now,
            exp: now + LIFETIME,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.signing)
            .expect("an HMAC over plain claims cannot fail")
    }
}

/// Checks the tokens that callers of one service bring.
#[derive(Clone)]
pub struct IdentityVerifier {
    keys: AudienceKeys,
    validation: Validation,
    clock: SharedClock,
}

impl IdentityVerifier {
    /// A verifier for the service `audience`.
    #[must_use]
    pub fn new(audience: &'static str, keys: AudienceKeys, clock: SharedClock) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[audience]);
        // The injected clock decides, below.
        validation.validate_exp = false;
        Self { keys, validation, clock }
    }

    /// Whom `token` speaks for.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn verify(&self, token: &str) -> Result<Subject, IdentityError> {
        let now = self.clock.now().timestamp();
        let claims = self
            .keys
            .verifying
            .iter()
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok())
            .ok_or(IdentityError::Invalid)?
            .claims;
        if claims.exp <= now || claims.iat > now + LIFETIME {
            return Err(IdentityError::Expired);
        }
        claims.subject().ok_or(IdentityError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_runtime::secrets::RotatingKeys;
    use cartwright_types::SystemClock;

    fn keys(current: u8, previous: Option<u8>) -> AudienceKeys {
        use base64::Engine as _;
        let encode = |byte| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([byte; 32]);
        AudienceKeys::try_from(&RotatingKeys { current: encode(current), previous: previous.map(encode) })
            .unwrap()
    }

    fn service() -> Subject {
        Subject::Service { name: "order".to_owned(), scope: "reservations".to_owned() }
    }

    #[test]
    fn a_token_is_good_for_its_audience_and_key_only() {
        let clock = SystemClock::shared();
        let token = IdentitySigner::new("product", keys(1, None), clock.clone()).token(&service());
        let verify = |audience, keys| IdentityVerifier::new(audience, keys, clock.clone()).verify(&token);
        assert_eq!(verify("product", keys(1, None)).ok(), Some(service()));
        assert_eq!(verify("product", keys(2, Some(1))).ok(), Some(service()));
        assert!(verify("order", keys(1, None)).is_err());
        assert!(verify("product", keys(2, None)).is_err());
    }

    #[test]
    fn a_token_is_used_again_within_its_life() {
        let signer = IdentitySigner::new("product", keys(1, None), SystemClock::shared());
        assert!(Arc::ptr_eq(&signer.token(&service()), &signer.token(&service())));
    }
}
