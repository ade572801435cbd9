//! Access tokens: RFC 9068 JWTs, RS256 or ES256, and the JWKS they are verified with.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
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

/// A private key (RFC 7518, section 6); every number is base64url. The algorithm follows from the kind of key.
#[derive(Deserialize)]
#[serde(tag = "kty")]
enum PrivateJwk {
    /// RS256
    #[serde(rename = "RSA")]
    Rsa {
        kid: String,
        n: String,
        e: String,
        d: String,
        p: String,
        q: String,
        dp: String,
        dq: String,
        qi: String,
    },
    /// ES256
    #[serde(rename = "EC")]
    Ec { kid: String, crv: String, x: String, y: String, d: String },
}

/// The published half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Jwk)]
pub struct PublicJwk {
    /// The kind of key: `RSA` or `EC`.
    #[schema(examples("RSA"))]
    kty: &'static str,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(examples("sig"))]
    usage: &'static str,
    /// The algorithm: `RS256` or `ES256`.
    #[schema(examples("RS256"))]
    alg: &'static str,
    /// The key's id, as in a token's header.
    kid: String,
    /// Of RSA: the modulus, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    n: Option<String>,
    /// Of RSA: the exponent, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("AQAB"))]
    e: Option<String>,
    /// Of EC: the curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("P-256"))]
    crv: Option<&'static str>,
    /// Of EC: the point's first number, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    x: Option<String>,
    /// Of EC: the point's second number, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    y: Option<String>,
}

/// `/.well-known/jwks.json`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
    #[error("key {kid} is neither an RSA private key of 2048 bits or more nor an EC one of the curve P-256")]
    Malformed {
        /// Its id.
        kid: String,
    },
    /// Whoever verifies could not tell which is meant.
    #[error("two keys have the id {kid}")]
    Ambiguous {
        /// Their id.
        kid: String,
    },
}

/// Makes access tokens. Its keys may be exchanged while it does.
pub struct AccessTokens {
    keys: RwLock<Arc<Keys>>,
    issuer: String,
    audience: String,
}

/// A checked key set.
struct Keys {
    signer: Signer,
    header: String,
    public: Arc<PublicKeySet>,
}

enum Signer {
    Rs256(KeyPair),
    Es256(EcdsaKeyPair),
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
        Ok(Self { keys: RwLock::new(Arc::new(Keys::check(set)?)), issuer, audience })
    }

    /// Goes on with another key set; whether it is another one.
    ///
    /// # Errors
    /// See [`KeySetError`]; then the keys stay as they are.
    pub fn replace(&self, set: &PrivateKeySet) -> Result<bool, KeySetError> {
        let fresh = Keys::check(set)?;
        // The public halves tell two sets apart.
        if fresh.public == self.keys().public {
            return Ok(false);
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(true)
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
        let keys = self.keys();
        let message = format!("{}.{}", keys.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = keys.signer.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What verifies the tokens.
    #[must_use]
    pub fn public_keys(&self) -> Arc<PublicKeySet> {
        Arc::clone(&self.keys().public)
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    fn check(set: &PrivateKeySet) -> Result<Self, KeySetError> {
        let mut ids = HashSet::new();
        if let Some(twice) = set.keys.iter().find(|key| !ids.insert(key.kid())) {
            return Err(KeySetError::Ambiguous { kid: twice.kid().to_owned() });
        }
        let signers = set.keys.iter().map(PrivateJwk::signer).collect::<Result<Vec<_>, _>>()?;
        let (Some(signer), Some(first)) = (signers.into_iter().next(), set.keys.first()) else {
            return Err(KeySetError::Empty);
        };
        let header = serde_json::json!({ "typ": "at+jwt", "alg": signer.algorithm(), "kid": first.kid() });
        let public = PublicKeySet { keys: set.keys.iter().map(PrivateJwk::public).collect() };
        Ok(Self { signer, header: URL_SAFE_NO_PAD.encode(header.to_string()), public: Arc::new(public) })
    }
}

impl Signer {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("a checked RSA key can sign");
                signature
            }
            Self::Es256(key) => {
                key.sign(&random, message).expect("a checked EC key can sign").as_ref().to_vec()
            }
        }
    }
}

impl PrivateJwk {
    fn kid(&self) -> &str {
        match self {
            Self::Rsa { kid, .. } | Self::Ec { kid, .. } => kid,
        }
    }

    fn signer(&self) -> Result<Signer, KeySetError> {
        let malformed = || KeySetError::Malformed { kid: self.kid().to_owned() };
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed());
        match self {
            Self::Rsa { n, e, d, p, q, dp, dq, qi, .. } => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n: decode(n)?, e: decode(e)? },
                    d: decode(d)?,
                    p: decode(p)?,
                    q: decode(q)?,
                    dP: decode(dp)?,
                    dQ: decode(dq)?,
                    qInv: decode(qi)?,
                };
                KeyPair::from_components(&components).map(Signer::Rs256).map_err(|_| malformed())
            }
            Self::Ec { crv, x, y, d, .. } => {
                if crv != "P-256" {
                    return Err(malformed());
                }
                // SEC 1, section 2.3.3: uncompressed.
                let point = [vec![4], decode(x)?, decode(y)?].concat();
                EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &decode(d)?,
                    &point,
                )
                .map(Signer::Es256)
                .map_err(|_| malformed())
            }
        }
    }

    fn public(&self) -> PublicJwk {
        let none = PublicJwk {
            kty: "RSA",
            usage: "sig",
            alg: "RS256",
            kid: self.kid().to_owned(),
            n: None,
            e: None,
            crv: None,
            x: None,
            y: None,
        };
        match self {
            Self::Rsa { n, e, .. } => PublicJwk { n: Some(n.clone()), e: Some(e.clone()), ..none },
            Self::Ec { x, y, .. } => PublicJwk {
                kty: "EC",
                alg: "ES256",
                crv: Some("P-256"),
                x: Some(x.clone()),
                y: Some(y.clone()),
                ..none
            },
        }
    }
}
