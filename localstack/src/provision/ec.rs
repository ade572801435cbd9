//! A new EC key as a JSON Web Key.

use anyhow::{Result, anyhow, ensure};
use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The first byte of a point of which both coordinates are given (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;
/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// A private ES256 signing key on P-256 (RFC 7518, section 6.2), called `kid`.
pub(super) fn private_jwk(kid: &str) -> Result<Value> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| anyhow!("no EC key could be generated"))?;
    let d: EcPrivateKeyBin<'_> =
        pair.private_key().as_be_bytes().map_err(|_| anyhow!("the EC key could not be encoded"))?;
    let point = pair.public_key().as_ref();
    ensure!(
        point.len() == 1 + 2 * COORDINATE && point[0] == UNCOMPRESSED && d.as_ref().len() == COORDINATE,
        "the EC key has an unexpected form"
    );
    let (x, y) = point[1..].split_at(COORDINATE);
    let [x, y, d] = [x, y, d.as_ref()].map(|number| URL_SAFE_NO_PAD.encode(number));
    Ok(
        json!({ "kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig", "x": x, "y": y, "d": d }),
    )
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_generated_key_rebuilds_from_its_web_key() {
        let jwk = private_jwk("first").unwrap();
        let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let point = [vec![UNCOMPRESSED], number("x"), number("y")].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &number("d"),
            &point,
        );
        let signature = pair.unwrap().sign(&SystemRandom::new(), b"text").unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point);
        assert!(public.verify(b"text", signature.as_ref()).is_ok());
        assert_eq!((jwk["kid"].as_str(), jwk["alg"].as_str()), (Some("first"), Some("ES256")));
    }
}
