//! The OpenAPI document of a service: what its routes say about themselves, and what is true of all of them.
//!
//! An endpoint documents what is its own (`#[utoipa::path]` above the handler). [`finish`] adds by rule what every
//! endpoint has in common: the problems of RFC 9457, the headers of every answer, and that requests are closed to
//! unknown fields. Routes are collected by `utoipa_axum::router::OpenApiRouter`, so that none exists without its
//! documentation.

mod components;
mod rules;

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Object, OpenApi, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::problem::FieldError;

/// The title and the tags of a document.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// `info.title`
    pub title: &'a str,
    /// `info.description`, Markdown.
    pub description: &'a str,
    /// Names and descriptions, in the order of the page.
    pub tags: &'a [(&'a str, &'a str)],
}

/// Completes a document: version 3.1, the rules of every operation, and no component that nobody uses.
///
/// # Panics
/// When the document cannot be JSON, which utoipa's types always can.
#[must_use]
pub fn finish(document: OpenApi, about: &About<'_>) -> Value {
    let mut document = serde_json::to_value(document).expect("an OpenAPI document has string keys only");
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": about.title,
        "version": env!("CARGO_PKG_VERSION"),
        "description": about.description,
        "license": { "name": "MIT", "identifier": "MIT" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["tags"] = about
        .tags
        .iter()
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    components::add(&mut document);
    components::name_entries(&mut document);
    rules::apply(&mut document);
    components::prune(&mut document);
    document
}

/// The document as it is committed and printed: indented, with sorted keys and a newline at its end.
#[must_use]
pub fn print(document: &Value) -> String {
    format!("{document:#}\n")
}

/// A string that is one of `words`.
#[must_use]
pub fn words(meaning: &str, words: &[&str]) -> Object {
    ObjectBuilder::new()
        .description(Some(meaning))
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(words.iter().map(|word| (*word).to_owned())))
        .build()
}

/// A string that is one of `words`, or null.
#[must_use]
pub fn words_or_null(meaning: &str, words: &[&str]) -> Object {
    let values = words.iter().map(|word| Value::from(*word)).chain([Value::Null]);
    ObjectBuilder::new()
        .description(Some(meaning))
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(values))
        .build()
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $description:literal, $most:literal, $pattern:expr, $example:literal;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(SchemaType::new(Type::String))
                    .description(Some($description))
                    .max_length(Some($most))
                    .pattern(Some($pattern))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

texts! {
    /// [`crate::rules::email`], as far as a pattern can say it.
    Email: "An e-mail address.", 254,
        r#"^[^\s\x00-\x20\x7f-\x9f"<>,;:@]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"#,
        "ada@example.com";
    /// [`crate::rules::phone`]
    Phone: "A telephone number in E.164.", 16, r"^\+[1-9][0-9]{6,14}$", "+4930123456";
    /// [`crate::rules::locale`]
    Locale: "A language tag (BCP 47).", 35, r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "de-AT";
    /// [`crate::rules::country`]
    Country: "A country (ISO 3166-1 alpha-2).", 2, r"^[A-Z]{2}$", "DE";
}

/// A problem of RFC 9457, as it is sent. Some kinds have members of their own, such as `available`.
#[derive(ToSchema)]
#[schema(as = Problem, examples(json!({
    "type": "urn:cartwright:problem:not_found", "title": "Not Found", "status": 404,
    "detail": "There is nothing here, or it is not yours.", "instance": "/orders/0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10",
    "code": "not_found", "request_id": "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a11"
})))]
pub struct ProblemDocument {
    /// `urn:cartwright:problem:` and the code.
    #[schema(rename = "type", format = "uri")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    #[schema(value_type = i32, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is the matter with this request; for people.
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// The path of the request.
    pub instance: String,
    /// Stable, for programs.
    #[schema(pattern = "^[a-z][a-z0-9_]*$")]
    pub code: String,
    /// The request's `X-Request-Id`.
    pub request_id: String,
    /// Field by field, for `validation_failed` and `invalid_parameter`.
    #[schema(nullable = false)]
    pub errors: Option<Vec<FieldError>>,
}

/// `?limit=` and `?cursor=` of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many entries a page has at most.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub limit: i32,
    /// `next_cursor` of the page before, with the same filters. Opaque.
    #[param(required = false)]
    pub cursor: String,
}

/// `Idempotency-Key`, where it may be sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct OptionalIdempotencyKey {
    /// A fresh UUID for each new request, the same one for a retry: the retry gets the first answer, with
    /// `Idempotency-Replayed: true`, and nothing happens twice. Kept for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = r"^[\x21-\x7e]+$",
        required = false
    )]
    pub key: String,
}

/// `Idempotency-Key`, where it must be sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct RequiredIdempotencyKey {
    /// A fresh UUID for each new request, the same one for a retry: the retry gets the first answer, with
    /// `Idempotency-Replayed: true`, and nothing happens twice. Kept for 24 hours. Without it: 400
    /// `idempotency_key_required`.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = r"^[\x21-\x7e]+$",
        required = true
    )]
    pub key: String,
}

/// `If-Match`, where a change may depend on what the caller has read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The `ETag` of what the caller has read: 412 `precondition_failed` when it was changed since. `*` always passes.
    #[param(rename = "If-Match", required = false)]
    pub tag: String,
}
