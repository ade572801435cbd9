//! Access tokens: RFC 9068 JWTs, RS256, and the JWKS they are verified with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_types::{Clock, Role, SessionId, UserId, new_uuid};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long an access token is valid, in seconds.
pub const LIFETIME_SECONDS: i64 = 15 * 60;

/// The secret `jwt-keys`: the first key signs, all are published, so that the next key is known before it signs.
#[derive(Deserialize)]
pub struct PrivateKeySet {
    keys: Vec<PrivateJwk>,
}

/// An RSA private key (RFC 7518, section 6.3); every number is base64url.
#[derive(Deserialize)]
struct PrivateJwk {
    kid: String,
    n: String,
    e: String,
    d: String,
    p: String,
    q: String,
    dp: String,
    dq: String,
    qi: String,
}

/// The published half.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Jwk)]
pub struct PublicJwk {
    /// The kind of key.
    #[schema(examples("RSA"))]
    kty: &'static str,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(examples("sig"))]
    usage: &'static str,
    /// The algorithm.
    #[schema(examples("RS256"))]
    alg: &'static str,
    /// The key's id, as in a token's header.
    kid: String,
    /// The modulus, base64url.
    n: String,
    /// The exponent, base64url.
    #[schema(examples("AQAB"))]
    e: String,
}

/// `/.well-known/jwks.json`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JwkSet)]
pub struct PublicKeySet {
    /// The keys.
    keys: Vec<PublicJwk>,
}

/// Why the keys cannot be used. Never says what they are.
#[derive(Debug, Error)]
pub enum KeySetError {
    /// Nothing can sign.
    #[error("the key set is empty")]
    Empty,
    /// One of the numbers is not base64url, or they do not belong together.
    #[error("key {kid} is not an RSA private key of 2048 bits or more")]
    Malformed {
        /// Its id.
        kid: String,
    },
}

/// Makes access tokens.
pub struct AccessTokens {
    key: KeyPair,
    header: String,
    issuer: String,
    audience: String,
    public: PublicKeySet,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: UserId,
    sid: SessionId,
    roles: [Role; 1],
    iat: i64,
    exp: i64,
    jti: Uuid,
}

impl AccessTokens {
    /// Takes the keys into use. Every key is checked, so that a bad next key is found before it signs.
    ///
    /// # Errors
    /// See [`KeySetError`].
    pub fn new(set: &PrivateKeySet, issuer: String, audience: String) -> Result<Self, KeySetError> {
        let pairs = set.keys.iter().map(PrivateJwk::key_pair).collect::<Result<Vec<_>, _>>()?;
        let (Some(key), Some(first)) = (pairs.into_iter().next(), set.keys.first()) else {
            return Err(KeySetError::Empty);
        };
        let header = serde_json::json!({ "typ": "at+jwt", "alg": "RS256", "kid": first.kid });
        let public = PublicKeySet { keys: set.keys.iter().map(PrivateJwk::public).collect() };
        Ok(Self { key, header: URL_SAFE_NO_PAD.encode(header.to_string()), issuer, audience, public })
    }

    /// A token for `user` in `session`, from now on.
    ///
    /// # Panics
    /// When signing fails, which a checked key rules out.
    #[must_use]
    pub fn issue(&self, clock: &dyn Clock, user: UserId, session: SessionId, role: Role) -> String {
        let iat = clock.now().timestamp();
        let claims = Claims {
            iss: &self.issuer,
            aud: &self.audience,
            sub: user,
            sid: session,
            roles: [role],
            iat,
            exp: iat + LIFETIME_SECONDS,
            jti: new_uuid(clock),
        };
        let claims = serde_json::to_vec(&claims).expect("the claims are a plain struct with string keys");
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .expect("a checked RSA key can sign");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What verifies the tokens.
    #[must_use]
    pub const fn public_keys(&self) -> &PublicKeySet {
        &self.public
    }
}

impl PrivateJwk {
    fn key_pair(&self) -> Result<KeyPair, KeySetError> {
        let malformed = || KeySetError::Malformed { kid: self.kid.clone() };
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed());
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: decode(&self.n)?, e: decode(&self.e)? },
            d: decode(&self.d)?,
            p: decode(&self.p)?,
            q: decode(&self.q)?,
            dP: decode(&self.dp)?,
            dQ: decode(&self.dq)?,
            qInv: decode(&self.qi)?,
        };
        KeyPair::from_components(&components).map_err(|_| malformed())
    }

    fn public(&self) -> PublicJwk {
        let (kid, n, e) = (self.kid.clone(), self.n.clone(), self.e.clone());
        PublicJwk { kty: "RSA", usage: "sig", alg: "RS256", kid, n, e }
    }
}
