//! A new RSA key as a JSON Web Key.

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A private RS256 signing key of 2048 bits (RFC 7518, section 6.3), called `kid`.
pub(super) fn private_jwk(kid: &str) -> Result<Value> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key could be generated"))?;
    let pkcs8 = pair.as_der().map_err(|_| anyhow!("the RSA key could not be encoded"))?;
    let numbers = numbers(pkcs8.as_ref()).context("reading the generated RSA key")?;
    let mut jwk = json!({ "kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig" });
    for (name, number) in NUMBERS.into_iter().zip(numbers) {
        jwk[name] = Value::String(URL_SAFE_NO_PAD.encode(number));
    }
    Ok(jwk)
}

/// As RFC 7518 names them, in the order of PKCS #1.
const NUMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The eight numbers of a PKCS #8 RSA key, big-endian without leading zeros: modulus, public exponent, private exponent,
/// the primes, their exponents, the coefficient (RFC 5208 section 5 around RFC 8017 appendix A.1.2).
fn numbers(pkcs8: &[u8]) -> Result<[&[u8]; 8]> {
    let (mut outer, _) = element(pkcs8, SEQUENCE)?;
    (_, outer) = element(outer, INTEGER)?;
    (_, outer) = element(outer, SEQUENCE)?;
    let (key, _) = element(outer, OCTET_STRING)?;
    let (mut rest, _) = element(key, SEQUENCE)?;
    (_, rest) = element(rest, INTEGER)?;
    let mut numbers = [&[][..]; 8];
    for number in &mut numbers {
        let value;
        (value, rest) = element(rest, INTEGER)?;
        let zeros = value.iter().take_while(|byte| **byte == 0).count();
        *number = &value[zeros..];
    }
    Ok(numbers)
}

/// The contents of the DER element that `bytes` begins with, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Result<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = bytes else { anyhow::bail!("the encoding ends early") };
    ensure!(*found == tag, "tag {found} where {tag} was expected");
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let count = usize::from(*first & 0x7f);
        ensure!((1..=4).contains(&count) && rest.len() >= count, "a length of {count} bytes");
        let (length, rest) = rest.split_at(count);
        (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    ensure!(rest.len() >= length, "the encoding ends early");
    Ok(rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::PublicKeyComponents;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};

    use super::*;

    #[test]
    fn the_numbers_of_a_key_verify_what_the_key_signed() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = pair.as_der().unwrap();
        let [n, e, ..] = numbers(pkcs8.as_ref()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &aws_lc_rs::rand::SystemRandom::new(), b"text", &mut signature).unwrap();

        let public = PublicKeyComponents { n, e };
        assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, b"text", &signature).is_ok());
    }

    #[test]
    fn a_generated_key_rebuilds_from_its_web_key() {
        let jwk = private_jwk("first").unwrap();
        let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let components = aws_lc_rs::rsa::KeyPairComponents {
            public_key: PublicKeyComponents { n: number("n"), e: number("e") },
            d: number("d"),
            p: number("p"),
            q: number("q"),
            dP: number("dp"),
            dQ: number("dq"),
            qInv: number("qi"),
        };
        assert!(KeyPair::from_components(&components).is_ok());
        assert_eq!(jwk["alg"], "RS256");
    }
}
