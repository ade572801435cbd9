//! Pictures of products, from the promise of an upload to what is served.

mod add;
mod change;
mod receive;
mod remove;
mod tidy;

use cartwright_contracts::events::ProductUpdated;
use cartwright_database::Tx;
use cartwright_types::{Clock, ProductId};
use thiserror::Error;

use crate::clients::pictures::PicturesError;
use crate::db::images::{self, LockedProduct};
use crate::usecases::messages;

pub(crate) use add::{AddError, NewImage, add};
pub(crate) use change::{ImageChange, change};
pub use receive::{Reception, receive};
pub(crate) use remove::remove;
pub use tidy::{remove_unused, sweeper};

/// Why a product's pictures stay as they are.
#[derive(Debug, Error)]
pub enum ImageError {
    /// There is no such product, or it has no such picture.
    #[error("no such picture")]
    NotFound,
    /// The product was changed since it was read.
    #[error("stale")]
    Stale,
    /// PostgreSQL said no, or nothing.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

/// What goes wrong without anybody's doing; another try may do.
#[derive(Debug, Error)]
pub enum ImageFailure {
    /// PostgreSQL said no, or nothing.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// S3 said no, or nothing.
    #[error("pictures")]
    Pictures(#[from] PicturesError),
    /// The process ends before the picture is rendered.
    #[error("the process ends")]
    Ending,
}

/// Raises the version of a product that is locked, and tells everybody why; the new version.
async fn raise<E: cartwright_contracts::Event>(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    product: ProductId,
    actor: &str,
    event: &E,
) -> Result<i64, sqlx::Error> {
    let version = images::raise_version(tx, product, clock.now()).await?;
    messages::publish(tx, clock, (product.uuid(), version), actor, event).await?;
    Ok(version)
}

/// That what is shown of a product is other than before.
fn updated(id: ProductId, product: LockedProduct) -> ProductUpdated {
    ProductUpdated { product_id: id, slug: product.slug, status: product.status }
}
