//! What a field may be. Each rule takes the JSON value and gives the typed one, or says what is wrong.

use std::borrow::Cow;

use cartwright_types::{Currency, EmailAddress, Money};
use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// For people; does not repeat the value, which may be a secret.
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// A code and a sentence.
    #[must_use]
    pub const fn new(code: &'static str, detail: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), detail: Cow::Borrowed(detail) }
    }
}

/// Any string.
///
/// # Errors
/// It is something else.
pub fn string(value: Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Invalid::new("wrong_type", "must be a string")),
    }
}

/// A single line of `least..=most` characters without control characters, trimmed.
pub fn text(least: usize, most: usize) -> impl Fn(Value) -> Result<String, Invalid> {
    move |value| {
        let text = string(value)?;
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("invalid_characters", "must not contain control characters"));
        }
        bounded(text.trim(), least, most)
    }
}

/// Several lines of at most `most` characters; line breaks and tabs are the only control characters.
pub fn multiline(most: usize) -> impl Fn(Value) -> Result<String, Invalid> {
    move |value| {
        let text = string(value)?;
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(Invalid::new("invalid_characters", "must not contain control characters"));
        }
        bounded(text.trim(), 0, most)
    }
}

fn bounded(text: &str, least: usize, most: usize) -> Result<String, Invalid> {
    let length = text.chars().count();
    if length < least {
        return Err(Invalid {
            code: "too_short".into(),
            detail: format!("at least {least} characters").into(),
        });
    }
    if length > most {
        return Err(Invalid { code: "too_long".into(), detail: format!("at most {most} characters").into() });
    }
    Ok(text.to_owned())
}

/// A whole number in `least..=most`.
pub fn integer(least: i64, most: i64) -> impl Fn(Value) -> Result<i64, Invalid> {
    move |value| {
        let number = match &value {
            Value::Number(number) if number.is_i64() || number.is_u64() => number,
            Value::Number(_) => return Err(Invalid::new("wrong_type", "must be a whole number")),
            _ => return Err(Invalid::new("wrong_type", "must be a number")),
        };
        number.as_i64().filter(|number| (least..=most).contains(number)).ok_or_else(|| Invalid {
            code: "out_of_range".into(),
            detail: format!("must be between {least} and {most}").into(),
        })
    }
}

/// `true` or `false`.
///
/// # Errors
/// It is something else.
#[expect(clippy::needless_pass_by_value, reason = "a rule takes its value")]
pub fn boolean(value: Value) -> Result<bool, Invalid> {
    value.as_bool().ok_or(Invalid::new("wrong_type", "must be true or false"))
}

/// An id.
///
/// # Errors
/// It is no UUID.
pub fn id<T: From<Uuid>>(value: Value) -> Result<T, Invalid> {
    let text = string(value)?;
    Uuid::try_parse(&text).map(T::from).map_err(|_| Invalid::new("invalid_id", "must be a UUID"))
}

/// An e-mail address, as written. RFC 5321 lengths; one `@`; no spaces, quotes or control characters. Whether mail
/// arrives there is known only by sending one.
///
/// # Errors
/// It cannot be an address.
pub fn email(value: Value) -> Result<String, Invalid> {
    let text = string(value)?;
    let text = text.trim();
    let plausible = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && domain.contains('.')
                && !domain.contains('@')
                && domain.split('.').all(|label| {
                    (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
                })
        })
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>' | ',' | ';' | ':'));
    if plausible {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("invalid_email", "must be an e-mail address"))
    }
}

/// An e-mail address of a person, which is checked in the form that is mailed.
///
/// # Errors
/// It cannot be an address.
pub fn email_address(value: Value) -> Result<EmailAddress, Invalid> {
    let address = EmailAddress::new(&string(value)?);
    email(Value::String(address.written().to_owned()))?;
    Ok(address)
}

/// A telephone number in E.164: `+` and 7 to 15 digits.
///
/// # Errors
/// It is something else.
pub fn phone(value: Value) -> Result<String, Invalid> {
    let text = string(value)?;
    let valid = text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    });
    if valid { Ok(text) } else { Err(Invalid::new("invalid_phone", "must be in E.164, such as +4930123456")) }
}

/// A time (RFC 3339) of the years 1970 to 9999; finer than a microsecond is cut off.
///
/// # Errors
/// It is something else.
pub fn time(value: Value) -> Result<DateTime<Utc>, Invalid> {
    let text = string(value)?;
    let time = DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc().trunc_subsecs(6));
    time.ok()
        .filter(|time| (1970..=9999).contains(&time.year()))
        .ok_or(Invalid::new("invalid_time", "must be a time as in RFC 3339, such as 2026-11-02T10:00:00Z"))
}

/// A language tag such as `en` or `de-AT`.
///
/// # Errors
/// It is something else.
pub fn locale(value: Value) -> Result<String, Invalid> {
    let text = string(value)?;
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    let valid = (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && subtags.all(|tag| (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()))
        && text.len() <= 35;
    if valid {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_locale", "must be a language tag such as en or de-AT"))
    }
}

/// An ISO 3166-1 alpha-2 country code (its form: two capital letters).
///
/// # Errors
/// It is something else.
pub fn country(value: Value) -> Result<String, Invalid> {
    let text = string(value)?;
    let valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if valid {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_country", "must be a two-letter country code such as DE"))
    }
}

/// `{"amount", "currency"}` with an amount of 0 or more.
///
/// # Errors
/// It is something else.
pub fn money(value: Value) -> Result<Money, Invalid> {
    let Value::Object(mut object) = value else {
        return Err(Invalid::new("wrong_type", "must be an object with amount and currency"));
    };
    let (amount, currency) = (object.remove("amount"), object.remove("currency"));
    if !object.is_empty() {
        return Err(Invalid::new("unknown_field", "has amount and currency only"));
    }
    let amount = integer(0, 1_000_000_000_000)(amount.unwrap_or_default())?;
    let currency: Currency = string(currency.unwrap_or_default())?
        .parse()
        .map_err(|_| Invalid::new("invalid_currency", "must have an ISO 4217 currency"))?;
    Ok(Money::new(amount, currency))
}

/// A list of at most `most` entries, each by `rule`.
pub fn list<T>(
    most: usize,
    rule: impl Fn(Value) -> Result<T, Invalid>,
) -> impl Fn(Value) -> Result<Vec<T>, Invalid> {
    move |value| {
        let Value::Array(list) = value else { return Err(Invalid::new("wrong_type", "must be a list")) };
        if list.len() > most {
            return Err(Invalid {
                code: "too_long".into(),
                detail: format!("at most {most} entries").into(),
            });
        }
        list.into_iter().map(&rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_whole_and_in_range_or_refused() {
        for bad in [
            json!(0),
            json!(-1),
            json!(10),
            json!(1.5),
            json!("1"),
            json!(true),
            json!(u64::MAX),
            json!(null),
        ] {
            assert!(integer(1, 9)(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(integer(1, 9)(json!(9)), Ok(9));
    }

    #[test]
    fn what_could_break_a_mail_header_is_no_address() {
        for bad in [
            "",
            "a",
            "a@b",
            "a@b.c\r\nBcc: x@y.z",
            "a b@c.de",
            "a@@b.de",
            "<a@b.de>",
            "a@b..de",
            "@b.de",
            "a@-b.de",
        ] {
            assert!(email(json!(bad)).is_err(), "{bad}");
        }
        assert_eq!(email(json!(" Ada+shop@example.com ")), Ok("Ada+shop@example.com".to_owned()));
    }

    #[test]
    fn text_has_no_control_characters_and_counts_characters_not_bytes() {
        assert!(text(1, 5)(json!("a\u{0}b")).is_err());
        assert_eq!(text(1, 5)(json!("Grüße")), Ok("Grüße".to_owned()));
    }
}
