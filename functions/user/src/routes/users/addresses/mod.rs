//! `/users/{id}/addresses`

pub mod create;
pub mod list;
pub mod remove;
pub mod replace;
pub mod show;
pub mod view;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderName, HeaderValue};
use cartwright_web::{Problem, etag};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::domain::address::{Entry, MOST};
use crate::usecases::address_book::BookError;
use view::AddressView;

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        match error {
            BookError::NotFound => Self::not_found(),
            BookError::Full => Self::conflict("too_many_addresses")
                .detail(format!("An address book holds {MOST} addresses. Remove one first.")),
            BookError::Stale => etag::precondition_failed(),
            BookError::Failure(failure) => failure.into(),
        }
    }
}

/// The path of one address, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; the handlers read a pair")]
struct AddressPath {
    /// `me`, or a user's id.
    #[param(example = "me", pattern = r"^(me|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    id: String,
    /// The address.
    address_id: Uuid,
}

/// 200 with the address and its tag.
fn shown(entry: Entry) -> (StatusCode, [(HeaderName, HeaderValue); 1], Json<AddressView>) {
    let tag = etag::strong(&entry.version.to_string());
    (StatusCode::OK, [(ETAG, tag)], Json(AddressView::from(entry)))
}
