//! A place for a picture, and a request that brings its bytes.

use cartwright_types::{ImageId, ProductId};
use thiserror::Error;

use crate::clients::pictures::{PicturesError, Upload};
use crate::db::images;
use crate::domain::picture::{MOST, upload_key};
use crate::state::State;

/// A picture to come.
pub struct NewImage {
    /// As the uploader calls it; for people.
    pub filename: String,
    /// One of those that are taken.
    pub content_type: String,
    /// Bytes.
    pub content_length: i64,
    /// What it shows, for those who cannot see it.
    pub alt: String,
}

/// Why there is no place.
#[derive(Debug, Error)]
pub enum AddError {
    /// There is no such product.
    #[error("no such product")]
    NotFound,
    /// It has as many pictures as a product may have.
    #[error("too many pictures")]
    Full,
    /// The request could not be signed.
    #[error("the upload could not be signed")]
    Pictures(#[from] PicturesError),
    /// PostgreSQL said no, or nothing.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

/// Makes a place after the others, and signs the one request that can fill it. With the id of a place that is there already
/// the same upload is signed again.
pub async fn add(
    state: &State,
    product: ProductId,
    id: ImageId,
    image: &NewImage,
) -> Result<Upload, AddError> {
    let now = state.clock.now();
    let work = state.database.transaction("add_image", |tx| {
        Box::pin(async move {
            images::lock_product(tx, product).await?.ok_or(AddError::NotFound)?;
            let present = images::all(tx, product).await?;
            if present.iter().any(|row| row.id == id.uuid()) {
                return Ok(());
            }
            if i64::try_from(present.len()).is_ok_and(|count| count >= MOST) {
                return Err(AddError::Full);
            }
            Ok(images::insert_pending(tx, id, product, &image.filename, &image.alt, now).await?)
        })
    });
    work.await?;
    Ok(state.pictures.sign(&upload_key(id), &image.content_type, image.content_length).await?)
}
