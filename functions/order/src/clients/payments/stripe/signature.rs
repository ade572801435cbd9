//! `Stripe-Signature`: HMAC-SHA256 over `TIMESTAMP.BODY`, as "Verify webhook signatures manually" in Stripe's documentation has it.

use aws_lc_rs::hmac;

/// A signature is good for this many seconds: later it may be somebody's who listened.
pub const TOLERANCE: i64 = 300;

/// Whether one of `header`'s signatures is of `body` by one of `secrets`, made about `now` (Unix time).
#[must_use]
pub fn is_valid(secrets: &[String], header: &str, body: &[u8], now: i64) -> bool {
    let mut timestamps = Vec::new();
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|item| item.trim().split_once('=')) {
        match name {
            "t" => timestamps.push(value),
            "v1" => signatures.extend(hex::decode(value)),
            _ => {}
        }
    }
    let [timestamp] = timestamps[..] else { return false };
    let Ok(time) = timestamp.parse::<i64>() else { return false };
    if time < 0 || now.abs_diff(time) > TOLERANCE.unsigned_abs() {
        return false;
    }
    let signed = [timestamp.as_bytes(), b".", body].concat();
    secrets.iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        // In constant time.
        signatures.iter().any(|signature| hmac::verify(&key, &signed, signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_published_cases_are_judged_as_stripe_does() {
        let text = include_str!("../../../../tests/vectors/webhook_signatures.json");
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        let cases: Vec<&Value> = cases.iter().filter(|case| case["provider"] == "stripe").collect();
        assert_eq!(cases.len(), 14);
        for case in cases {
            let member = |name: &str| case[name].as_str().unwrap();
            assert_eq!(case["tolerance"], TOLERANCE);
            let secrets = [member("secret").to_owned()];
            let now = case["now"].as_i64().unwrap();
            let judged = is_valid(&secrets, member("header"), member("body").as_bytes(), now);
            assert_eq!(judged, case["valid"].as_bool().unwrap(), "{case}");
        }
    }

    fn sign(secret: &str, time: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
        hex::encode(tag)
    }

    #[test]
    fn two_secrets_count_at_once_and_a_clock_may_be_a_little_wrong() {
        let secrets = ["whsec_old".to_owned(), "whsec_new".to_owned()];
        for secret in &secrets {
            let header = format!("t=1000,v1={}", sign(secret, 1000, "{}"));
            for (now, expected) in [(700, true), (699, false), (1300, true), (1301, false)] {
                assert_eq!(is_valid(&secrets, &header, b"{}", now), expected, "{now}");
            }
        }
        let header = format!("t=1000,v1={}", sign("whsec_other", 1000, "{}"));
        assert!(!is_valid(&secrets, &header, b"{}", 1000));
        assert!(!is_valid(&[], &header, b"{}", 1000));
    }

    #[test]
    fn what_is_no_signature_is_not_one() {
        let secrets = ["whsec".to_owned()];
        let right = sign("whsec", 1000, "{}");
        for header in [
            format!("t=1000,t=1000,v1={right}"),
            format!("t=1000,v1={}", &right[1..]),
            format!("t=1000,v1={right}00"),
            "t=1000,v1=".to_owned(),
            "t=1000,v1=é".to_owned(),
        ] {
            assert!(!is_valid(&secrets, &header, b"{}", 1000), "{header}");
        }
    }
}
