//! A picture's text and its place among the others.

use cartwright_types::{ImageId, ProductId};

use super::{ImageError, images, raise, updated};
use crate::db::images::ImageRow;
use crate::state::State;

/// What is to change; what is None stays.
pub struct ImageChange {
    /// What it shows, for those who cannot see it.
    pub alt: Option<String>,
    /// From 0; beyond the end it is the last.
    pub position: Option<usize>,
}

/// Changes a picture, if the product is as `expected`; the picture as it is then, and the product's version.
pub async fn change(
    state: &State,
    (product, id): (ProductId, ImageId),
    change: &ImageChange,
    actor: &str,
    expected: &(impl Fn(i64) -> bool + Sync),
) -> Result<(ImageRow, i64), ImageError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("change_image", |tx| {
        Box::pin(async move {
            let locked = images::lock_product(tx, product).await?.ok_or(ImageError::NotFound)?;
            let mut present = images::all(tx, product).await?;
            let at = present.iter().position(|row| row.id == id.uuid()).ok_or(ImageError::NotFound)?;
            if !expected(locked.version) {
                return Err(ImageError::Stale);
            }
            let mut row = present.remove(at);
            let place = change.position.unwrap_or(at).min(present.len());
            let alt = change.alt.as_ref().filter(|alt| **alt != row.alt);
            if place == at && alt.is_none() {
                return Ok((row, locked.version));
            }
            if let Some(alt) = alt {
                images::set_alt(tx, id, alt).await?;
                row.alt.clone_from(alt);
            }
            if place != at {
                let mut order: Vec<_> = present.iter().map(|row| row.id).collect();
                order.insert(place, row.id);
                images::set_order(tx, &order).await?;
            }
            row.position = i32::try_from(place).unwrap_or(i32::MAX);
            // One that is not ready is no part of what others see of the product; its place may be.
            let version = if row.is_ready() || place != at {
                raise(tx, clock, product, actor, &updated(product, locked)).await?
            } else {
                locked.version
            };
            Ok((row, version))
        })
    });
    let changed = work.await?;
    state.reads.clear();
    Ok(changed)
}
