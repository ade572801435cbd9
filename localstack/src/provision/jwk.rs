//! New private signing keys as JSON Web Keys (RFC 7517).

use std::str::FromStr;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_types::random;
use serde_json::Value;

use super::{ec, rsa};

/// What access tokens can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// RSA of 2048 bits: the cheapest to verify, and what load balancers know.
    #[default]
    Rs256,
    /// P-256: shorter tokens.
    Es256,
}

impl FromStr for Algorithm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "RS256" => Ok(Self::Rs256),
            "ES256" => Ok(Self::Es256),
            _ => Err("use RS256 or ES256"),
        }
    }
}

/// A private key with a random key id.
///
/// # Errors
/// The crypto library gives no key.
pub fn private_jwk(algorithm: Algorithm) -> Result<Value> {
    let kid = URL_SAFE_NO_PAD.encode(random::bytes::<12>());
    match algorithm {
        Algorithm::Rs256 => rsa::private_jwk(&kid),
        Algorithm::Es256 => ec::private_jwk(&kid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_says_of_which_kind_it_is_and_has_a_name_of_its_own() {
        for (name, kty) in [("RS256", "RSA"), ("ES256", "EC")] {
            let [first, second] = [(); 2].map(|()| private_jwk(name.parse().unwrap()).unwrap());
            assert_eq!((first["alg"].as_str(), first["kty"].as_str()), (Some(name), Some(kty)));
            assert_ne!(first["kid"], second["kid"]);
        }
        assert!("none".parse::<Algorithm>().is_err());
    }
}
