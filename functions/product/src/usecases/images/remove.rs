//! A picture goes.

use cartwright_types::{ImageId, ProductId};

use super::{ImageError, images, raise, updated};
use crate::domain::picture::upload_key;
use crate::state::State;

/// Removes a picture, if the product is as `expected`; the worker removes its objects.
pub async fn remove(
    state: &State,
    (product, id): (ProductId, ImageId),
    actor: &str,
    expected: &(impl Fn(i64) -> bool + Sync),
) -> Result<(), ImageError> {
    let (clock, now) = (state.clock.as_ref(), state.clock.now());
    let work = state.database.transaction("remove_image", |tx| {
        Box::pin(async move {
            let locked = images::lock_product(tx, product).await?.ok_or(ImageError::NotFound)?;
            let present = images::all(tx, product).await?;
            let row = present.into_iter().find(|row| row.id == id.uuid()).ok_or(ImageError::NotFound)?;
            if !expected(locked.version) {
                return Err(ImageError::Stale);
            }
            images::delete(tx, id).await?;
            if !row.is_ready() {
                return Ok(images::add_unused(tx, "uploads", &[upload_key(id)], now).await?);
            }
            let keys = row.renditions.map(|renditions| renditions.0.keys().map(str::to_owned));
            // What the loader brought is not ours to remove.
            images::add_unused(tx, "images", keys.as_ref().map_or(&[], |keys| keys), now).await?;
            raise(tx, clock, product, actor, &updated(product, locked)).await?;
            Ok(())
        })
    });
    work.await?;
    state.reads.clear();
    Ok(())
}
