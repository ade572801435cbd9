//! Access tokens like those of the user service, many of them, and the key set that they are verified by.

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_types::{Clock as _, SessionId, SystemClock, UserId};
use serde_json::{Value, json};

/// `iss`
pub const ISSUER: &str = "https://shop.example";
/// `aud`
pub const AUDIENCE: &str = "cartwright";
/// `kid` of each key.
const CURVE: &str = "curve";
const RSA: &str = "rsa";

/// Both keys.
pub struct Keys {
    curve: EcdsaKeyPair,
    rsa: KeyPair,
    random: SystemRandom,
}

impl Keys {
    /// New ones.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new() -> Result<Self> {
        Ok(Self {
            curve: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).context("making a key")?,
            rsa: KeyPair::generate(KeySize::Rsa2048).context("making a key")?,
            random: SystemRandom::new(),
        })
    }

    /// Their public halves.
    #[must_use]
    pub fn set(&self) -> String {
        let base64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public = self.rsa.public_key();
        let n = base64(public.modulus().big_endian_without_leading_zero());
        let e = base64(public.exponent().big_endian_without_leading_zero());
        // A point, uncompressed: a byte that says so, and two coordinates.
        let (x, y) = self.curve.public_key().as_ref()[1..].split_at(32);
        json!({ "keys": [
            { "kty": "EC", "use": "sig", "alg": "ES256", "kid": CURVE, "crv": "P-256", "x": base64(x), "y": base64(y) },
            { "kty": "RSA", "use": "sig", "alg": "RS256", "kid": RSA, "n": n, "e": e },
        ] })
        .to_string()
    }

    /// So many customers' tokens, signed with ES256.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn es256(&self, count: usize) -> Result<Vec<String>> {
        let sign = |message: &[u8]| {
            let signature = self.curve.sign(&self.random, message).context("signing")?;
            Ok(signature.as_ref().to_vec())
        };
        (0..count).map(|_| token("ES256", CURVE, sign)).collect()
    }

    /// So many customers' tokens, signed with RS256.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn rs256(&self, count: usize) -> Result<Vec<String>> {
        let sign = |message: &[u8]| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).context("signing")?;
            Ok(signature)
        };
        (0..count).map(|_| token("RS256", RSA, sign)).collect()
    }
}

fn token(algorithm: &str, kid: &str, sign: impl Fn(&[u8]) -> Result<Vec<u8>>) -> Result<String> {
    let now = SystemClock.now().timestamp();
    let (user, session) = (UserId::new(&SystemClock), SessionId::new(&SystemClock));
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "typ": "at+jwt", "alg": algorithm, "kid": kid }));
    let claims = part(json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": user, "sid": session, "roles": ["customer"], "iat": now, "exp": now + 3600
    }));
    let message = format!("{header}.{claims}");
    let signature = sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_parts_and_no_two_are_alike() {
        let keys = Keys::new().unwrap();
        for tokens in [keys.es256(2).unwrap(), keys.rs256(2).unwrap()] {
            assert!(tokens.iter().all(|token| token.split('.').count() == 3));
            assert_ne!(tokens[0], tokens[1]);
        }
        let set: Value = serde_json::from_str(&keys.set()).unwrap();
        assert_eq!(set["keys"][0]["x"].as_str().unwrap().len(), 43);
    }
}
