//! From why a write of the catalogue did not happen to what a client hears.

use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use cartwright_idempotency::Outcome;
use cartwright_web::{FieldError, Problem, etag};
use serde::Serialize;

use crate::error;
use crate::usecases::catalogue::WriteError;

impl From<WriteError> for Problem {
    fn from(failure: WriteError) -> Self {
        match failure {
            WriteError::Database(e) => error::database(&e),
            WriteError::NotFound => Self::not_found(),
            WriteError::Stale => etag::precondition_failed(),
            WriteError::SlugTaken => Self::conflict("slug_taken").detail("Another one has this slug."),
            WriteError::SkuTaken(sku) => {
                Self::conflict("sku_taken").detail("Another product has this sku; see sku.").with("sku", sku)
            }
            WriteError::VariantInUse(sku) => Self::conflict("variant_in_use")
                .detail("The variant was ordered, or its stock moved: it stays for its history; see sku.")
                .with("sku", sku),
            WriteError::HasChildren => Self::conflict("category_has_children")
                .detail("There are categories below it; reparent_to says where they go."),
            WriteError::Invalid(errors) => invalid(errors),
        }
    }
}

/// What is wrong with a parameter is a 400, with a field of the body a 422.
fn invalid(errors: Vec<FieldError>) -> Problem {
    if errors.iter().all(|error| error.pointer.starts_with('/')) {
        return Problem::validation(errors);
    }
    let mut problem = Problem::bad_request("invalid_parameter").detail("The query does not fit; see errors.");
    problem.errors = errors;
    problem
}

/// How making something ended, for its idempotency key: what another one has is an answer, what does not fit is none.
pub fn outcome(failure: WriteError) -> Outcome {
    match failure {
        WriteError::SlugTaken | WriteError::SkuTaken(_) => Outcome::Final(failure.into()),
        _ => Outcome::Free(failure.into()),
    }
}

/// 201 with what was made, its `ETag` and its place.
pub fn created(made: &impl Serialize, tag: &str, path: &str) -> Outcome {
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, etag::strong(tag));
    if let Ok(location) = HeaderValue::from_str(path) {
        headers.insert(LOCATION, location);
    }
    Outcome::Done(StatusCode::CREATED, headers, serde_json::to_value(made).unwrap_or_default())
}
