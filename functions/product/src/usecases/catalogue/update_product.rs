//! Changing a product.

use cartwright_contracts::events::{ProductArchived, ProductUpdated};
use cartwright_database::{Tx, violates};
use cartwright_types::ProductId;
use cartwright_web::Change;
use uuid::Uuid;

use super::{Expected, ProductWish, WriteError, variants};
use crate::db::{catalogue, product_writes, products};
use crate::domain::product::{ProductDocument, ProductFields, Status};
use crate::domain::slug::Key;
use crate::state::State;
use crate::usecases::messages;

/// Changes the product `id`, if it has the version that is expected; what it is now. Nothing new is no change.
///
/// # Errors
/// See [`WriteError`].
pub async fn update_product(
    state: &State,
    id: ProductId,
    wish: &ProductWish,
    expected: Expected<'_>,
    actor: &str,
) -> Result<ProductDocument, WriteError> {
    wish.check(state.currency)?;
    let work = state.database.transaction("update_product", |tx| {
        Box::pin(async move { update(tx, state, id.uuid(), wish, expected, actor).await })
    });
    let product = work.await?;
    state.reads.clear();
    Ok(product)
}

/// Takes the product `id` out of the shop; it stays for the orders that have it.
///
/// # Errors
/// See [`WriteError`].
pub async fn archive_product(
    state: &State,
    id: ProductId,
    expected: Expected<'_>,
    actor: &str,
) -> Result<ProductDocument, WriteError> {
    let wish = ProductWish {
        name: None,
        slug: None,
        description: None,
        price: None,
        compare_at_price: Change::Keep,
        tax_class: None,
        status: Some(Status::Archived),
        attributes: None,
        category_ids: None,
        variants: None,
        replaces_variants: false,
    };
    update_product(state, id, &wish, expected, actor).await
}

async fn update(
    tx: &mut Tx<'_>,
    state: &State,
    id: Uuid,
    wish: &ProductWish,
    expected: Expected<'_>,
    actor: &str,
) -> Result<ProductDocument, WriteError> {
    let clock = state.clock.as_ref();
    let known = match &wish.category_ids {
        Some(ids) => product_writes::lock_categories(tx, ids).await?,
        None => Vec::new(),
    };
    let before = product_writes::lock(tx, id).await?.ok_or(WriteError::NotFound)?;
    if !expected(before.version) {
        return Err(WriteError::Stale);
    }
    wish.check_categories(&known)?;
    let after = wish.apply(&before.fields)?;
    let mut changed = after != before.fields;
    if changed {
        product_writes::update(tx, id, &after, state.currency.code()).await.map_err(|error| {
            if violates(&error, "products_slug_key") { WriteError::SlugTaken } else { error.into() }
        })?;
    }
    if let Some(ids) = &wish.category_ids {
        changed |= catalogue::put_product_categories(tx, id, ids).await?;
    }
    if let Some(wishes) = &wish.variants {
        changed |= variants::put(tx, clock, id, wishes, wish.replaces_variants).await?;
    }
    if changed {
        catalogue::touch_product(tx, id, clock.now()).await?;
        tell(tx, state, (id, before.version + 1), (&before.fields, after), actor).await?;
    }
    products::find(&mut **tx, &Key::Id(id), true).await?.ok_or(WriteError::NotFound)
}

async fn tell(
    tx: &mut Tx<'_>,
    state: &State,
    product: (Uuid, i64),
    (before, after): (&ProductFields, ProductFields),
    actor: &str,
) -> Result<(), sqlx::Error> {
    let (clock, product_id, slug) = (state.clock.as_ref(), ProductId(product.0), after.slug);
    if after.status == Status::Archived && before.status != Status::Archived {
        let event = ProductArchived { product_id, slug };
        return messages::publish(tx, clock, product, actor, &event).await;
    }
    let event = ProductUpdated { product_id, slug, status: after.status.as_str().to_owned() };
    messages::publish(tx, clock, product, actor, &event).await
}
