//! Exchanging the signing keys of a running service.

use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use user::crypto::access_token::{AccessTokens, PrivateKeySet};

use crate::keys::private_jwk;
use crate::support::{EMAIL, Shop, text};

fn ec_jwk(kid: &str) -> Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = pair.public_key().as_ref();
    json!({
        "kty": "EC", "kid": kid, "crv": "P-256", "x": encode(&public[1..33]), "y": encode(&public[33..]),
        "d": encode(private.as_ref()),
    })
}

fn set(keys: &[&Value]) -> PrivateKeySet {
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

/// As a verifier that knows these keys.
fn verifies(keys: &Value, token: &str) -> bool {
    let set: JwkSet = serde_json::from_value(keys.clone()).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let Some(key) = set.find(header.kid.as_deref().unwrap()) else { return false };
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["cartwright"]);
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
}

#[tokio::test]
async fn tokens_signed_before_during_and_after_a_rotation_verify_with_the_keys_published_at_any_of_these_times()
 {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let published =
        async || shop.app.get("/.well-known/jwks.json").without_identity().send().await.expect(200);
    let token = async || text(&shop.signed_in().await, "access_token");
    let (current, next, fresh, other) = (private_jwk("a"), private_jwk("b"), ec_jwk("c"), ec_jwk("d"));
    assert!(shop.state.access_tokens.replace(&set(&[&current, &next])).unwrap());
    let (keys_before, before) = (published().await, token().await);
    // `make rotate-keys`: the next key signs, a fresh one is published, the former one stays.
    assert!(shop.state.access_tokens.replace(&set(&[&next, &fresh, &current])).unwrap());
    assert!(!shop.state.access_tokens.replace(&set(&[&next, &fresh, &current])).unwrap(), "nothing new");
    let (keys_during, during) = (published().await, token().await);
    assert!(verifies(&keys_before, &before) && verifies(&keys_before, &during));
    assert!(verifies(&keys_during, &before) && verifies(&keys_during, &during));
    // The next rotation changes over to ES256.
    assert!(shop.state.access_tokens.replace(&set(&[&fresh, &other, &next])).unwrap());
    let (keys_after, after) = (published().await, token().await);
    assert!(
        verifies(&keys_during, &after) && verifies(&keys_after, &after) && verifies(&keys_after, &during)
    );
    assert_eq!(jsonwebtoken::decode_header(&after).unwrap().alg, Algorithm::ES256);
    let names: Vec<&String> = keys_after["keys"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"], "nothing private is published");
}

#[test]
fn a_set_that_cannot_be_used_changes_nothing() {
    let good = private_jwk("a");
    let tokens = AccessTokens::new(&set(&[&good]), "i".to_owned(), "a".to_owned()).unwrap();
    let before = tokens.public_keys();
    let mut broken = ec_jwk("b");
    broken["d"] = ec_jwk("c")["d"].clone();
    let mut curve = ec_jwk("d");
    curve["crv"] = "P-384".into();
    for keys in [&[][..], &[&good, &broken], &[&good, &curve], &[&good, &good]] {
        assert!(tokens.replace(&set(keys)).is_err());
    }
    assert_eq!(tokens.public_keys(), before);
}
