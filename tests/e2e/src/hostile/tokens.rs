//! Access tokens as a forger would make them, some with the real key: then all but one thing about them is right.

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cartwright_types::{SystemClock, new_uuid};
use localstack::{Service, Stack};
use serde_json::{Value, json};

use super::cast::Person;

/// The shop's signing key, another one, and what tokens say.
pub struct Forge {
    real: KeyPair,
    kid: String,
    stranger: KeyPair,
    issuer: String,
    audience: String,
}

/// How a token is signed.
enum Signature<'f> {
    Rsa(&'f KeyPair, &'static dyn RsaEncoding),
    Hmac(Vec<u8>),
    /// These bytes, whatever they are.
    Bytes(Vec<u8>),
}

impl Forge {
    /// With the key of the secret `jwt-keys`.
    ///
    /// # Errors
    /// The secret cannot be read or holds no RSA key.
    pub async fn open(stack: &Stack) -> Result<Self> {
        let name = format!("{}jwt-keys", stack.names().secrets_prefix);
        let secret = stack.aws().secrets.get_secret_value().secret_id(name).send().await?;
        let set: Value = serde_json::from_str(secret.secret_string().context("jwt-keys is empty")?)?;
        let environment = stack.env(Service::User);
        let variable = |name: &str| environment.get(name).cloned().with_context(|| format!("no {name}"));
        Self::new(&set["keys"][0], variable("JWT_ISSUER")?, variable("JWT_AUDIENCE")?)
    }

    fn new(jwk: &Value, issuer: String, audience: String) -> Result<Self> {
        let number = |name: &str| {
            let text = jwk[name].as_str().with_context(|| format!("the key has no {name}"))?;
            Ok::<_, anyhow::Error>(URL_SAFE_NO_PAD.decode(text)?)
        };
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: number("n")?, e: number("e")? },
            d: number("d")?,
            p: number("p")?,
            q: number("q")?,
            dP: number("dp")?,
            dQ: number("dq")?,
            qInv: number("qi")?,
        };
        let real = KeyPair::from_components(&components).map_err(|_| anyhow!("jwt-keys holds no RSA key"))?;
        let stranger = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key"))?;
        let kid = jwk["kid"].as_str().context("the key has no kid")?.to_owned();
        Ok(Self { real, kid, stranger, issuer, audience })
    }

    /// A token of this kind for `person`, at second `now`. `good` is one as the shop makes it.
    ///
    /// # Errors
    /// There is no such kind.
    pub fn token(&self, kind: &str, person: &Person, now: i64) -> Result<String> {
        let mut header = json!({ "typ": "at+jwt", "alg": "RS256", "kid": self.kid });
        let mut claims = json!({
            "iss": self.issuer, "aud": self.audience, "sub": person.id, "sid": person.session_id, "roles": ["customer"],
            "iat": now, "exp": now + 900, "jti": new_uuid(&SystemClock),
        });
        let real = Signature::Rsa(&self.real, &RSA_PKCS1_SHA256);
        if kind == "good" || change_claims(kind, &mut claims, now) || change_header(kind, &mut header) {
            return sign(&header, &claims, &real);
        }
        let good = || sign(&header, &claims, &real);
        if let Some(token) = mangled(kind, &good()?)? {
            return Ok(token);
        }
        let signature = self.signature(kind, &mut header)?;
        sign(&header, &claims, &signature)
    }

    /// For kinds that are about the signature and what the header says of it.
    fn signature(&self, kind: &str, header: &mut Value) -> Result<Signature<'_>> {
        let stranger = Signature::Rsa(&self.stranger, &RSA_PKCS1_SHA256);
        let mut hmac = |key: Vec<u8>| {
            header["alg"] = json!("HS256");
            Signature::Hmac(key)
        };
        Ok(match kind {
            "hs256_pem" => hmac(pem(&self.der()?).into_bytes()),
            "hs256_pem_trimmed" => hmac(pem(&self.der()?).trim_end().as_bytes().to_vec()),
            "hs256_der" => hmac(self.der()?),
            "hs256_modulus" => hmac(modulus(&self.real)),
            "hs256_modulus_text" => hmac(URL_SAFE_NO_PAD.encode(modulus(&self.real)).into_bytes()),
            "hs256_jwk" => hmac(public_jwk(&self.real).to_string().into_bytes()),
            "hs256_kid" => hmac(self.kid.clone().into_bytes()),
            "hs256_empty_key" => hmac(Vec::new()),
            "alg_none" | "alg_none_capitals" => {
                header["alg"] = json!(if kind == "alg_none" { "none" } else { "nOnE" });
                Signature::Bytes(Vec::new())
            }
            "alg_missing" => {
                header.as_object_mut().context("a header is an object")?.remove("alg");
                Signature::Rsa(&self.real, &RSA_PKCS1_SHA256)
            }
            "rs512" => {
                header["alg"] = json!("RS512");
                Signature::Rsa(&self.real, &RSA_PKCS1_SHA512)
            }
            "rs512_as_rs256" => Signature::Rsa(&self.real, &RSA_PKCS1_SHA512),
            "ps256" => {
                header["alg"] = json!("PS256");
                Signature::Rsa(&self.real, &RSA_PSS_SHA256)
            }
            "es256_zeros" => {
                header["alg"] = json!("ES256");
                Signature::Bytes(vec![0; 64])
            }
            "zeros" => Signature::Bytes(vec![0; 256]),
            "ones" => Signature::Bytes([vec![0; 255], vec![1]].concat()),
            "stranger" => stranger,
            "jwk" | "jwk_with_our_kid" => {
                header["jwk"] = public_jwk(&self.stranger);
                if kind == "jwk" {
                    header["kid"] = json!("mine");
                    header["jwk"]["kid"] = json!("mine");
                }
                stranger
            }
            "jku" | "x5u" => {
                header[kind] = json!("http://127.0.0.1:1/keys.json");
                header["kid"] = json!("mine");
                stranger
            }
            "x5c" => {
                header["x5c"] = json!([STANDARD.encode(der(&self.stranger)?)]);
                stranger
            }
            other => bail!("there is no kind of token {other:?}"),
        })
    }

    fn der(&self) -> Result<Vec<u8>> {
        der(&self.real)
    }
}

/// Claims that do not hold, under a signature that does.
fn change_claims(kind: &str, claims: &mut Value, now: i64) -> bool {
    let far = now + 86_400;
    let (name, value) = match kind {
        "expired" => ("exp", json!(now - 1)),
        "expired_long_ago" => ("exp", json!(1)),
        "exp_text" => ("exp", json!((now + 900).to_string())),
        "exp_negative" => ("exp", json!(-1)),
        "exp_missing" => ("exp", Value::Null),
        "not_yet" => ("nbf", json!(far)),
        "issued_tomorrow" => ("iat", json!(far)),
        "wrong_aud" => ("aud", json!("another-shop")),
        "aud_missing" => ("aud", Value::Null),
        "wrong_iss" => ("iss", json!("https://evil.example")),
        "iss_prefix" => {
            ("iss", json!(format!("{}.evil.example", claims["iss"].as_str().unwrap_or_default())))
        }
        "iss_missing" => ("iss", Value::Null),
        "sub_missing" => ("sub", Value::Null),
        "sub_no_id" => ("sub", json!("admin")),
        "sid_missing" => ("sid", Value::Null),
        "unknown_role" => ("roles", json!(["root"])),
        "roles_text" => ("roles", json!("admin")),
        "long" => ("pad", json!("a".repeat(20_000))),
        _ => return false,
    };
    match (value, claims) {
        (Value::Null, Value::Object(claims)) => drop(claims.remove(name)),
        (value, claims) => claims[name] = value,
    }
    true
}

/// Headers that the shop does not write, under a signature that holds.
fn change_header(kind: &str, header: &mut Value) -> bool {
    let (name, value) = match kind {
        "wrong_typ" => ("typ", json!("JWT")),
        "typ_missing" => ("typ", Value::Null),
        "wrong_kid" => ("kid", json!("no-such-key")),
        "kid_missing" => ("kid", Value::Null),
        "kid_path" => ("kid", json!("../../../../dev/null")),
        "kid_sql" => ("kid", json!("x' UNION SELECT 'secret' --")),
        "kid_number" => ("kid", json!(0)),
        "crit" => ("crit", json!(["exp"])),
        "crit_unknown" => ("crit", json!(["http://evil.example/understood"])),
        "crit_empty" => ("crit", json!([])),
        "b64_false" => {
            header["b64"] = json!(false);
            ("crit", json!(["b64"]))
        }
        _ => return false,
    };
    match (value, header) {
        (Value::Null, Value::Object(header)) => drop(header.remove(name)),
        (value, header) => header[name] = value,
    }
    true
}

/// A good token, spoilt.
fn mangled(kind: &str, good: &str) -> Result<Option<String>> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { bail!("a token has three parts") };
    Ok(Some(match kind {
        "stripped" => format!("{header}.{claims}."),
        "two_parts" => format!("{header}.{claims}"),
        "four_parts" => format!("{good}."),
        "five_parts" => format!("{good}.{claims}.{signature}"),
        "truncated" => good[..good.len() - 20].to_owned(),
        "flipped_signature" => format!("{header}.{claims}.{}", flipped(signature)),
        "flipped_claims" => format!("{header}.{}.{signature}", flipped(claims)),
        "flipped_header" => format!("{}.{claims}.{signature}", flipped(header)),
        "padded" => format!("{good}=="),
        "promoted" => {
            let mut changed: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
            changed["roles"] = json!(["admin"]);
            format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(changed.to_string()))
        }
        _ => return Ok(None),
    }))
}

/// With one bit in the middle changed. Bits at the end may mean nothing in base64.
fn flipped(part: &str) -> String {
    let mut bytes = part.as_bytes().to_vec();
    if let Some(byte) = bytes.get_mut(part.len() / 2) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn sign(header: &Value, claims: &Value, signature: &Signature<'_>) -> Result<String> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let bytes = match signature {
        Signature::Rsa(key, padding) => {
            let mut bytes = vec![0; key.public_modulus_len()];
            key.sign(*padding, &SystemRandom::new(), message.as_bytes(), &mut bytes)
                .map_err(|_| anyhow!("the token could not be signed"))?;
            bytes
        }
        Signature::Hmac(key) => {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes()).as_ref().to_vec()
        }
        Signature::Bytes(bytes) => bytes.clone(),
    };
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn modulus(key: &KeyPair) -> Vec<u8> {
    key.public_key().modulus().big_endian_without_leading_zero().to_vec()
}

fn public_jwk(key: &KeyPair) -> Value {
    let exponent = key.public_key().exponent().big_endian_without_leading_zero();
    let [n, e] = [&modulus(key), exponent].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({ "kty": "RSA", "n": n, "e": e })
}

/// `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn der(key: &KeyPair) -> Result<Vec<u8>> {
    let der: PublicKeyX509Der<'_> =
        key.public_key().as_der().map_err(|_| anyhow!("the public key could not be encoded"))?;
    Ok(der.as_ref().to_vec())
}

/// RFC 7468, in lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// An opaque token that nobody has given out.
#[must_use]
pub fn unknown() -> String {
    let mut bytes = [0; 32];
    // Zeros are as unknown as any others.
    let _ = rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    fn forge() -> Forge {
        let jwk = localstack::provision::private_jwk(localstack::provision::Algorithm::Rs256).unwrap();
        Forge::new(&jwk, "http://shop.example".to_owned(), "cartwright".to_owned()).unwrap()
    }

    fn parts(token: &str) -> (Value, Value) {
        let mut parts =
            token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap());
        let mut json = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        (json(), json())
    }

    fn holds(forge: &Forge, token: &str) -> bool {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, forge.der().unwrap());
        key.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap_or_default()).is_ok()
    }

    #[test]
    fn a_token_differs_from_a_good_one_in_what_its_kind_says() {
        let (forge, person) = (forge(), Person::nobody());
        let good = forge.token("good", &person, 1000).unwrap();
        assert!(holds(&forge, &good));
        let (header, claims) = parts(&good);
        assert_eq!((&header["alg"], &claims["exp"]), (&json!("RS256"), &json!(1900)));

        let expired = forge.token("expired", &person, 1000).unwrap();
        assert!(holds(&forge, &expired));
        assert_eq!(parts(&expired).1["exp"], 999);
        assert!(parts(&forge.token("aud_missing", &person, 0).unwrap()).1.get("aud").is_none());
        assert!(parts(&forge.token("kid_missing", &person, 0).unwrap()).0.get("kid").is_none());
        for kind in
            ["stranger", "flipped_signature", "flipped_claims", "truncated", "zeros", "rs512", "ps256"]
        {
            assert!(!holds(&forge, &forge.token(kind, &person, 1000).unwrap()), "{kind}");
        }
        let promoted = forge.token("promoted", &person, 1000).unwrap();
        assert_eq!(parts(&promoted).1["roles"], json!(["admin"]));
        assert!(!holds(&forge, &promoted));
        assert!(forge.token("no such kind", &person, 0).is_err());
    }

    #[test]
    fn a_confused_token_is_signed_with_what_is_public() {
        let (forge, person) = (forge(), Person::nobody());
        let token = forge.token("hs256_pem", &person, 0).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, pem(&forge.der().unwrap()).as_bytes());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(hmac::verify(&key, message.as_bytes(), &signature).is_ok());
        assert!(pem(&forge.der().unwrap()).lines().all(|line| line.len() <= 64));
    }
}
