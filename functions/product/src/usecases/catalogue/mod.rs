//! What staff do to the catalogue.

mod categories;
mod create_product;
mod update_product;
mod variants;
mod wish;

use cartwright_web::FieldError;
use thiserror::Error;

pub(crate) use categories::{CategoryWish, Reparent, create_category, delete_category, update_category};
pub(crate) use create_product::create_product;
pub(crate) use update_product::{archive_product, update_product};
pub(crate) use wish::{ProductWish, VariantWish};

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// There is no such product or category.
    #[error("there is no such thing")]
    NotFound,
    /// It was changed since the caller read it.
    #[error("it has another version")]
    Stale,
    /// Another one has this slug.
    #[error("the slug is in use")]
    SlugTaken,
    /// Another product has this sku.
    #[error("the sku is in use")]
    SkuTaken(String),
    /// A variant that is to go was ordered, or its stock moved.
    #[error("the variant has a history")]
    VariantInUse(String),
    /// A category that is to go has others below it.
    #[error("the category has children")]
    HasChildren,
    /// The wish does not fit what there is.
    #[error("the wish does not fit")]
    Invalid(Vec<FieldError>),
}

impl WriteError {
    fn invalid(pointer: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self::Invalid(vec![field_error(pointer, code, detail)])
    }
}

fn field_error(pointer: impl Into<String>, code: &'static str, detail: &'static str) -> FieldError {
    FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() }
}

/// Whether a version is the one that the caller has read.
pub(crate) type Expected<'a> = &'a (dyn Fn(i64) -> bool + Sync);
