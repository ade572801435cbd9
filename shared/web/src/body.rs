//! Request bodies: read field by field, all errors at once, unknown fields refused.

use std::ops::Deref;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json;
use crate::problem::{FieldError, Problem};
use crate::rules::Invalid;

/// The largest body in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Something that is read from a JSON object.
///
/// ```
/// # use cartwright_web::{Fields, FromFields, rules};
/// struct Line { sku: String, quantity: i64 }
///
/// impl FromFields for Line {
///     fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
///         // Read everything before the first `?`, so that all errors are told at once.
///         let sku = fields.required("sku", rules::text(1, 64));
///         let quantity = fields.required("quantity", rules::integer(1, 9999));
///         Some(Self { sku: sku?, quantity: quantity? })
///     }
/// }
/// ```
pub trait FromFields: Sized {
    /// Reads the fields; `None` when one was wrong (`fields` remembers what).
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self>;
}

/// The fields of one JSON object that are still unread, and what was wrong so far.
pub struct Fields<'e> {
    object: Map<String, Value>,
    pointer: String,
    errors: &'e mut Vec<FieldError>,
}

/// What a PATCH says about a field (RFC 7396): nothing, that it is to be empty, or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The field is absent.
    Keep,
    /// It is null.
    Clear,
    /// It has a value.
    Set(T),
}

impl<T> Change<T> {
    /// The field's new value, given its present one.
    pub fn apply(self, present: Option<T>) -> Option<T> {
        match self {
            Self::Keep => present,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// For a PUT, which says what everything is to be.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl Fields<'_> {
    /// A field that must be there.
    pub fn required<T>(&mut self, name: &str, rule: impl FnOnce(Value) -> Result<T, Invalid>) -> Option<T> {
        match self.object.remove(name) {
            Some(value) => self.check(name, value, rule),
            None => self.missing(name),
        }
    }

    /// A field that may be absent or null. The outer `None` is an error, the inner an absence.
    pub fn optional<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        match self.object.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.check(name, value, rule).map(Some),
        }
    }

    /// A field that may be changed, emptied, or left as it is.
    pub fn change<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<Change<T>> {
        match self.object.remove(name) {
            None => Some(Change::Keep),
            Some(Value::Null) => Some(Change::Clear),
            Some(value) => self.check(name, value, rule).map(Change::Set),
        }
    }

    /// An object that must be there.
    pub fn object<T: FromFields>(&mut self, name: &str) -> Option<T> {
        match self.object.remove(name) {
            Some(value) => read_object(value, format!("{}/{}", self.pointer, escape(name)), self.errors),
            None => self.missing(name),
        }
    }

    /// An object that may be absent or null.
    pub fn optional_object<T: FromFields>(&mut self, name: &str) -> Option<Option<T>> {
        match self.object.get(name) {
            None => Some(None),
            Some(Value::Null) => {
                self.object.remove(name);
                Some(None)
            }
            Some(_) => self.object(name).map(Some),
        }
    }

    /// A list of objects that may be absent or null; more than `most` entries is `too_many_<name>`.
    pub fn optional_list<T: FromFields>(&mut self, name: &str, most: usize) -> Option<Option<Vec<T>>> {
        let list = match self.object.remove(name) {
            None | Some(Value::Null) => return Some(None),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.error(name, Invalid::new("wrong_type", "must be a list"));
                return None;
            }
        };
        if list.len() > most {
            self.error(
                name,
                Invalid { code: format!("too_many_{name}").into(), detail: format!("at most {most}").into() },
            );
            return None;
        }
        let pointer = format!("{}/{}", self.pointer, escape(name));
        let read: Vec<Option<T>> = list
            .into_iter()
            .enumerate()
            .map(|(at, value)| read_object(value, format!("{pointer}/{at}"), self.errors))
            .collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Some)
    }

    /// Remembers that `name` is wrong, for rules that look at several fields.
    pub fn error(&mut self, name: &str, invalid: Invalid) {
        let pointer = format!("{}/{}", self.pointer, escape(name));
        self.errors.push(FieldError { pointer, code: invalid.code, detail: invalid.detail });
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.error(name, Invalid::new("required", "is required"));
        None
    }

    fn check<T>(
        &mut self,
        name: &str,
        value: Value,
        rule: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        rule(value).map_err(|invalid| self.error(name, invalid)).ok()
    }
}

/// RFC 6901, section 3.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn read_object<T: FromFields>(value: Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<T> {
    let Value::Object(object) = value else {
        errors.push(FieldError { pointer, code: "wrong_type".into(), detail: "must be an object".into() });
        return None;
    };
    let mut fields = Fields { object, pointer, errors };
    let read = T::from_fields(&mut fields);
    let unknown: Vec<String> = fields.object.keys().cloned().collect();
    for name in &unknown {
        fields.error(name, Invalid::new("unknown_field", "is not known here"));
    }
    if unknown.is_empty() { read } else { None }
}

/// Reads `T` from JSON text.
///
/// # Errors
/// 400 `malformed_json` or 422 `validation_failed`.
pub fn read<T: FromFields>(bytes: &[u8]) -> Result<T, Problem> {
    let value = json::parse(bytes).map_err(|error| {
        // serde's text may quote the body; the position is enough.
        Problem::bad_request("malformed_json").detail(format!(
            "The body is not valid JSON (line {}, column {}).",
            error.line(),
            error.column()
        ))
    })?;
    let mut errors = Vec::new();
    match read_object(value, String::new(), &mut errors) {
        Some(read) if errors.is_empty() => Ok(read),
        _ => Err(Problem::validation(errors)),
    }
}

/// A public request's JSON body.
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// As it was sent, for the fingerprint of an idempotency key.
    pub raw: Bytes,
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<S: Sync, T: FromFields> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let raw = json_bytes(request).await?;
        Ok(Self { value: read(&raw)?, raw })
    }
}

/// The JSON body of a call between services: unknown fields are ignored.
pub struct InternalJson<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for InternalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let raw = json_bytes(request).await?;
        serde_json::from_slice(&raw).map(Self).map_err(|error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").detail(error.to_string())
        })
    }
}

async fn json_bytes(request: Request) -> Result<Bytes, Problem> {
    let headers = request.headers();
    let is_json = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json_utf8);
    if !is_json || headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    match Limited::new(request.into_body(), MAX_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(_) => Err(Problem::bad_request("incomplete_body").detail("The body ended early.")),
    }
}

/// `application/json`, charset utf-8 or none.
fn is_json_utf8(text: &str) -> bool {
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[derive(Debug)]
    struct Line;

    impl FromFields for Line {
        fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
            let sku = fields.required("sku", rules::text(1, 8));
            let quantity = fields.required("quantity", rules::integer(1, 10));
            sku?;
            quantity?;
            Some(Self)
        }
    }

    struct Order;

    impl FromFields for Order {
        fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
            let lines = fields.optional_list::<Line>("lines", 3);
            let note = fields.optional("note", rules::text(1, 5));
            lines?;
            note?;
            Some(Self)
        }
    }

    fn errors(text: &str) -> Vec<(String, String)> {
        let problem = read::<Order>(text.as_bytes()).err().map(|problem| problem.errors).unwrap_or_default();
        problem.into_iter().map(|error| (error.pointer, error.code.into_owned())).collect()
    }

    #[test]
    fn all_errors_are_told_at_once_by_their_pointers() {
        let text = r#"{"lines": [{"sku": "", "quantity": 11}, {"sku": 1}, 5], "note": "too long", "a/b": 1}"#;
        let expected = [
            ("/lines/0/sku", "too_short"),
            ("/lines/0/quantity", "out_of_range"),
            ("/lines/1/sku", "wrong_type"),
            ("/lines/1/quantity", "required"),
            ("/lines/2", "wrong_type"),
            ("/note", "too_long"),
            ("/a~1b", "unknown_field"),
        ];
        assert_eq!(errors(text), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn absent_and_null_are_the_same_for_an_optional_field() {
        assert!(read::<Order>(br#"{"note": null}"#).is_ok());
        assert!(read::<Order>(b"{}").is_ok());
    }

    #[test]
    fn a_list_that_is_too_long_is_named() {
        let text = r#"{"lines": [1, 2, 3, 4]}"#;
        assert_eq!(errors(text), [("/lines".to_owned(), "too_many_lines".to_owned())]);
    }
}
