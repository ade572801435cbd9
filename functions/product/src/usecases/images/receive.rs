//! The bytes of a picture are there.

use aws_lc_rs::digest::{SHA256, digest};
use cartwright_contracts::events::ProductImageReady;
use cartwright_database::Database;
use cartwright_types::{ImageId, ProductId, SharedClock};

use super::{ImageFailure, images, raise};
use crate::clients::pictures::{Fetched, Pictures, Place};
use crate::domain::picture::{Refusal, Renditions, upload_key};
use crate::imaging::{Picture, RenderError, Renderer};
use crate::read_cache::ReadCache;

/// Who makes a picture ready.
const ACTOR: &str = "system";

/// What it takes to receive pictures.
#[derive(Clone)]
pub struct Reception {
    /// The service's database.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// S3.
    pub pictures: Pictures,
    /// Where pictures are rendered.
    pub renderer: Renderer,
    /// Of the process that serves requests, if it is this one.
    pub reads: ReadCache,
}

/// Makes a picture of an upload, or rejects it; either way the upload is removed. An upload that nobody waits for (it was
/// handled before, or its picture was deleted) is removed, and that is all: a second delivery changes nothing.
///
/// # Errors
/// See [`ImageFailure`]: it is to be tried again.
pub async fn receive(reception: &Reception, id: ImageId) -> Result<(), ImageFailure> {
    let Reception { database, pictures, renderer, .. } = reception;
    let key = upload_key(id);
    if let Some(product) = images::pending(database.pool(), id).await? {
        let result = match pictures.fetch(&key).await? {
            Fetched::Gone => return Ok(()),
            Fetched::TooLarge => Err(RenderError::Refused(Refusal::TooLarge)),
            Fetched::Bytes(bytes) => {
                let renditions = Renditions::of(id, digest(&SHA256, &bytes).as_ref());
                renderer.render(bytes).await.map(|picture| (renditions, picture))
            }
        };
        match result {
            Ok((renditions, picture)) => {
                Box::pin(publish(reception, (id, product), &renditions, picture)).await?;
            }
            Err(RenderError::Refused(refusal)) => {
                images::reject(database.pool(), id, refusal.word()).await?;
                tracing::info!(image = %id, reason = refusal.word(), "an upload is rejected");
            }
            Err(RenderError::Ending) => return Err(ImageFailure::Ending),
        }
    }
    Ok(pictures.remove(Place::Uploads, &key).await?)
}

/// Stores what is served, then says so in the database. Stored first, because nobody may be shown what is not there.
async fn publish(
    Reception { database, clock, pictures, reads, .. }: &Reception,
    (id, product): (ImageId, ProductId),
    renditions: &Renditions,
    picture: Picture,
) -> Result<(), ImageFailure> {
    let Picture { width, height, thumb, card, full } = picture;
    tokio::try_join!(
        pictures.put(&renditions.thumb, thumb),
        pictures.put(&renditions.card, card),
        pictures.put(&renditions.full, full)
    )?;
    let ready = images::Ready { renditions, width, height };
    let (ready, clock): (_, &dyn cartwright_types::Clock) = (&ready, clock.as_ref());
    let work = database.transaction("image_ready", |tx| {
        Box::pin(async move {
            let Some(locked) = images::lock_product(tx, product).await? else { return Ok(false) };
            if !images::make_ready(tx, id, ready).await? {
                return Ok::<_, ImageFailure>(false);
            }
            let event = ProductImageReady { product_id: product, slug: locked.slug, image_id: id };
            raise(tx, clock, product, ACTOR, &event).await?;
            Ok(true)
        })
    });
    let done = work.await?;
    reads.clear();
    // Somebody else was faster: with the same bytes, or by removing the picture, or with other bytes.
    if !done && !images::is_served_from(database.pool(), id, &renditions.full).await? {
        for key in renditions.keys() {
            pictures.remove(Place::Images, key).await?;
        }
    }
    Ok(())
}
