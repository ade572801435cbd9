//! Rules for fields that only this service has.

use std::collections::BTreeMap;

use cartwright_web::openapi::words;
use cartwright_web::rules::{self, Invalid};
use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};

use crate::domain::product::Status;
use crate::domain::slug::{is_reserved, is_slug};

/// Attributes of one thing.
const MOST_ATTRIBUTES: usize = 50;

/// A slug that may be given.
pub fn slug(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if is_reserved(&text) {
        return Err(Invalid::new("reserved_slug", "is a path of its own"));
    }
    if is_slug(&text) {
        Ok(text)
    } else {
        let detail =
            "must be lower-case letters, digits and single hyphens between them, at most 100, and no UUID";
        Err(Invalid::new("invalid_slug", detail))
    }
}

/// What carts and orders name.
pub fn sku(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if first && rest && text.len() <= 64 {
        Ok(text)
    } else {
        let detail =
            "must be 1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first";
        Err(Invalid::new("invalid_sku", detail))
    }
}

/// A tax class.
pub fn tax_class(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if first && rest && text.len() <= 32 {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_tax_class", "must be 1 to 32 lower-case letters, digits and underscores"))
    }
}

/// A status of products.
pub fn status(value: Value) -> Result<Status, Invalid> {
    Status::parse(&rules::string(value)?).ok_or(UNKNOWN_STATUS)
}

/// For a word that is none.
pub const UNKNOWN_STATUS: Invalid = Invalid::new("unknown_status", "must be draft, active or archived");

/// Names and values, each a line of text.
pub fn attributes(value: Value) -> Result<BTreeMap<String, String>, Invalid> {
    let Value::Object(object) = value else { return Err(Invalid::new("wrong_type", "must be an object")) };
    if object.len() > MOST_ATTRIBUTES {
        return Err(Invalid::new("too_many_attributes", "at most 50"));
    }
    let detail = "must have names of 1 to 64 characters and values that are text of at most 200";
    object
        .into_iter()
        .map(|(name, value)| {
            let trimmed = rules::text(1, 64)(Value::String(name.clone()));
            let value = rules::text(0, 200)(value);
            match (trimmed, value) {
                (Ok(trimmed), Ok(value)) if trimmed == name => Ok((name, value)),
                _ => Err(Invalid::new("invalid_attribute", detail)),
            }
        })
        .collect()
}

/// Attributes, described.
pub fn described_attributes() -> Object {
    let value = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).max_length(Some(200));
    ObjectBuilder::new()
        .description(Some("All of them; names of 1 to 64 characters."))
        .schema_type(SchemaType::new(Type::Object))
        .additional_properties(Some(Schema::Object(value.build())))
        .max_properties(Some(MOST_ATTRIBUTES))
        .build()
}

/// The statuses, described.
pub fn statuses() -> Object {
    words("Only active products are for everybody.", &["draft", "active", "archived"])
}
