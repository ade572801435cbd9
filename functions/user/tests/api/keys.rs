//! A key pair made for the test, as the JWK that the secret holds: none lies in the repository.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A private RSA JWK.
pub fn private_jwk(kid: &str) -> Value {
    let pkcs8 = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    // RFC 5208: SEQUENCE { version, algorithm, OCTET STRING { RSAPrivateKey } }; RFC 8017, A.1.2: version, n, e, d, …
    let outer = elements(elements(pkcs8.as_ref())[0]);
    let numbers = elements(elements(outer[2])[0]);
    let number = |at: usize| {
        let bytes = numbers[at];
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode(&bytes[zeros..])
    };
    json!({
        "kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig",
        "n": number(1), "e": number(2), "d": number(3), "p": number(4), "q": number(5),
        "dp": number(6), "dq": number(7), "qi": number(8),
    })
}

/// The contents of the DER elements that `der` is a row of.
fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (length, start) = match der[1] {
            short @ 0..=0x7f => (usize::from(short), 2),
            long => {
                let bytes = usize::from(long & 0x7f);
                let length = der[2..2 + bytes].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, 2 + bytes)
            }
        };
        found.push(&der[start..start + length]);
        der = &der[start + length..];
    }
    found
}
