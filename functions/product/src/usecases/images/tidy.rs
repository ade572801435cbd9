//! Removing what nobody waits for or refers to any more.

use std::time::Duration;

use cartwright_database::Database;
use cartwright_runtime::{Work, every};
use cartwright_types::{Clock, SharedClock};

use super::{ImageFailure, images};
use crate::clients::pictures::{Pictures, Place};
use crate::domain::picture::PATIENCE;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(10);
/// Objects of one round.
const BATCH: i64 = 100;

/// Gives up uploads that never came, and removes unused objects, every few seconds. Several processes may do so at once.
pub fn sweeper(database: Database, clock: SharedClock, pictures: Pictures) -> impl Work {
    every("pictures", INTERVAL, move || {
        let (database, clock, pictures) = (database.clone(), clock.clone(), pictures.clone());
        async move { remove_unused(&database, clock.as_ref(), &pictures).await }
    })
}

/// Gives up pictures that are not ready after a day, then removes objects that nobody refers to.
///
/// # Errors
/// See [`ImageFailure`].
pub async fn remove_unused(
    database: &Database,
    clock: &dyn Clock,
    pictures: &Pictures,
) -> Result<(), ImageFailure> {
    let (pool, now) = (database.pool(), clock.now());
    images::remove_unfinished(pool, now - PATIENCE, now).await?;
    for object in images::unused(pool, BATCH).await? {
        let place = if object.bucket == "images" { Place::Images } else { Place::Uploads };
        pictures.remove(place, &object.key).await?;
        images::forget_unused(pool, &object).await?;
    }
    Ok(())
}
