//! Which keys of a key set may verify access tokens, and by which algorithm (RFC 7517, RFC 7518, RFC 8725).

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::Value;

use super::roca;

/// Bits of an RSA modulus. Above, one verification takes long enough to hurt.
const MODULUS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The least public exponent (FIPS 186-5, A.1.1), which is the usual one.
const EXPONENT: u64 = 65537;
/// Bytes of a coordinate on P-256.
const COORDINATE: usize = 32;

/// Keys by their id.
pub type KeySet = HashMap<String, Arc<PublicKey>>;

/// A key and the one algorithm that it is for (RFC 8725, 3.1).
#[derive(Debug)]
pub struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// RS256 for an RSA key, ES256 for one on P-256.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether this key signed `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// The keys that are for this. Others, of whatever kind, are passed over; and so are all that share an id, because which
/// of them a token means is anybody's guess.
pub fn parse(body: &[u8]) -> KeySet {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body).unwrap_or(Set { keys: Vec::new() });
    let mut times: HashMap<String, usize> = HashMap::new();
    for kid in set.keys.iter().filter_map(|key| key.get("kid")?.as_str()) {
        *times.entry(kid.to_owned()).or_default() += 1;
    }
    for (kid, _) in times.iter().filter(|(_, times)| **times > 1) {
        tracing::warn!(kid, "several public keys have one id; none of them is used");
    }
    set.keys
        .into_iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
        .filter(|jwk| times.get(&jwk.kid) == Some(&1))
        .filter_map(|jwk| Some((jwk.kid.clone(), Arc::new(jwk.public_key()?))))
        .collect()
}

#[derive(Deserialize)]
struct Jwk {
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    #[serde(flatten)]
    material: Material,
}

#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Elliptic { crv: String, x: String, y: String },
}

impl Jwk {
    fn public_key(&self) -> Option<PublicKey> {
        let (algorithm, name) = match self.material {
            Material::Rsa { .. } => (Algorithm::RS256, "RS256"),
            Material::Elliptic { .. } => (Algorithm::ES256, "ES256"),
        };
        let is_for_this = self.alg.as_deref().is_none_or(|alg| alg == name)
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|one| one == "verify"));
        if !is_for_this {
            return None;
        }
        let key = match &self.material {
            Material::Rsa { n, e } => rsa(&decode(n)?, &decode(e)?),
            Material::Elliptic { crv, x, y } if crv == "P-256" => p256(&decode(x)?, &decode(y)?),
            Material::Elliptic { .. } => None,
        };
        Some(PublicKey { algorithm, key: key? })
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Neither number has leading zeros (RFC 7518, 6.3.1), which the parser sees to.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<ParsedPublicKey> {
    let unused = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    let power =
        exponent.iter().try_fold(0_u64, |rest, byte| rest.checked_mul(256)?.checked_add((*byte).into()));
    let is_sound = MODULUS.contains(&(modulus.len() * 8 - unused))
        && power.is_some_and(|power| power >= EXPONENT && power % 2 == 1)
        && !roca::is_weak(modulus);
    if !is_sound {
        return None;
    }
    RsaPublicKeyComponents { n: modulus, e: exponent }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
}

/// Coordinates have their full width (RFC 7518, 6.2.1). A point that is not on the curve is none.
fn p256(x: &[u8], y: &[u8]) -> Option<ParsedPublicKey> {
    if x.len() != COORDINATE || y.len() != COORDINATE {
        return None;
    }
    // Uncompressed: SEC 1, section 2.3.3.
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [&[4], x, y].concat()).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    fn rsa_jwk() -> Value {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let n = pair.public_key().modulus().big_endian_without_leading_zero();
        json!({"kty": "RSA", "kid": "r", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB"})
    }

    fn p256_jwk() -> Value {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(COORDINATE);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": x, "y": y})
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    /// Ids and algorithms of the keys that are taken from a set.
    fn taken(keys: &[Value]) -> Vec<(String, Algorithm)> {
        let keys = parse(json!({ "keys": keys }).to_string().as_bytes());
        let mut taken: Vec<_> = keys.into_iter().map(|(kid, key)| (kid, key.algorithm())).collect();
        taken.sort_by(|one, other| one.0.cmp(&other.0));
        taken
    }

    #[test]
    fn a_key_is_for_the_algorithm_of_its_type() {
        let both = [("e".to_owned(), Algorithm::ES256), ("r".to_owned(), Algorithm::RS256)];
        assert_eq!(taken(&[rsa_jwk(), p256_jwk()]), both);
        let named = [with(rsa_jwk(), "alg", json!("RS256")), with(p256_jwk(), "alg", json!("ES256"))];
        assert_eq!(taken(&named), both);
        let for_signatures =
            named.map(|jwk| with(with(jwk, "use", json!("sig")), "key_ops", json!(["verify"])));
        assert_eq!(taken(&for_signatures), both);
    }

    #[test]
    fn a_key_for_something_else_is_passed_over() {
        let changes = [
            ("alg", json!("PS256")),
            ("alg", json!("HS256")),
            ("alg", json!("")),
            ("use", json!("enc")),
            ("key_ops", json!([])),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!("verify")),
            ("kid", json!(null)),
            ("kty", json!("oct")),
            ("kty", json!("rsa")),
        ];
        for (name, value) in changes {
            for jwk in [rsa_jwk(), p256_jwk()] {
                assert_eq!(taken(&[with(jwk, name, value.clone())]), [], "{name} {value}");
            }
        }
        assert_eq!(taken(&[with(rsa_jwk(), "alg", json!("ES256"))]), []);
        assert_eq!(taken(&[with(p256_jwk(), "alg", json!("RS256"))]), []);
    }

    #[test]
    fn a_key_that_is_weak_or_no_key_is_passed_over() {
        let modulus = rsa_jwk()["n"].as_str().unwrap().to_owned();
        let short = URL_SAFE_NO_PAD.encode(&decode(&modulus).unwrap()[1..]);
        let zero = URL_SAFE_NO_PAD.encode([&[0], &decode(&modulus).unwrap()[..]].concat());
        for n in [short, zero, format!("{modulus}="), String::new(), "/".to_owned()] {
            assert_eq!(taken(&[with(rsa_jwk(), "n", json!(n))]), [], "{n}");
        }
        // 0, 1, 3, 65536, and 2 to the power of 64.
        for e in ["", "AQ", "Aw", "AQAA", "AQAAAAAAAAAA"] {
            assert_eq!(taken(&[with(rsa_jwk(), "e", json!(e))]), [], "{e}");
        }
        let x = p256_jwk()["x"].clone();
        for (name, value) in [("x", x), ("y", json!("AA")), ("crv", json!("P-384")), ("y", json!(null))] {
            assert_eq!(taken(&[with(p256_jwk(), name, value)]), [], "{name}");
        }
    }

    #[test]
    fn keys_that_share_an_id_are_not_used_and_the_others_are() {
        let twin = with(p256_jwk(), "kid", json!("r"));
        assert_eq!(taken(&[rsa_jwk(), twin.clone()]), []);
        assert_eq!(taken(&[rsa_jwk(), rsa_jwk(), p256_jwk()]), [("e".to_owned(), Algorithm::ES256)]);
        // Also when the other is one that would not be used.
        let other = json!({"kty": "oct", "kid": "r", "k": "AA"});
        assert_eq!(taken(&[other, rsa_jwk()]), []);
    }

    #[test]
    fn what_is_no_set_has_no_keys() {
        for body in ["", "[]", "{}", "{\"keys\": {}}", "{\"keys\": [1, null, {}]}"] {
            assert!(parse(body.as_bytes()).is_empty(), "{body}");
        }
    }
}
