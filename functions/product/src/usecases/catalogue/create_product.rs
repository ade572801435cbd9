//! A new product.

use std::collections::BTreeMap;

use cartwright_contracts::events::ProductCreated;
use cartwright_database::{Tx, violates};
use cartwright_types::ProductId;
use uuid::Uuid;

use super::{ProductWish, WriteError, variants};
use crate::db::{catalogue, product_writes, products};
use crate::domain::product::{ProductDocument, ProductFields, Status};
use crate::domain::slug::{Key, free_slug, slug_of};
use crate::state::State;
use crate::usecases::messages;

/// How often a slug is looked for that nobody asks for by name meanwhile.
const ATTEMPTS: u32 = 5;

/// Makes the product `id`; one that is there already was made by an earlier try of the same request.
///
/// # Errors
/// See [`WriteError`].
pub async fn create_product(
    state: &State,
    id: ProductId,
    wish: &ProductWish,
    actor: &str,
) -> Result<ProductDocument, WriteError> {
    wish.check(state.currency)?;
    let mut attempt = 1;
    let made = loop {
        let work = state.database.transaction("create_product", |tx| {
            Box::pin(async move { create(tx, state, id.uuid(), wish, actor).await })
        });
        match work.await {
            Err(WriteError::SlugTaken) if wish.slug.is_none() && attempt < ATTEMPTS => attempt += 1,
            result => break result?,
        }
    };
    state.reads.clear();
    Ok(made)
}

async fn create(
    tx: &mut Tx<'_>,
    state: &State,
    id: Uuid,
    wish: &ProductWish,
    actor: &str,
) -> Result<ProductDocument, WriteError> {
    let (clock, key) = (state.clock.as_ref(), Key::Id(id));
    if let Some(made) = products::find(&mut **tx, &key, true).await? {
        return Ok(made);
    }
    let categories = wish.category_ids.as_deref().unwrap_or_default();
    wish.check_categories(&product_writes::lock_categories(tx, categories).await?)?;
    let product = wish.apply(&blank(tx, wish).await?)?;
    let inserted = product_writes::insert(tx, id, &product, state.currency.code(), clock.now()).await;
    inserted.map_err(|error| {
        if violates(&error, "products_slug_key") { WriteError::SlugTaken } else { error.into() }
    })?;
    catalogue::put_product_categories(tx, id, categories).await?;
    variants::put(tx, clock, id, wish.variants.as_deref().unwrap_or_default(), true).await?;
    let event = ProductCreated {
        product_id: ProductId(id),
        slug: product.slug,
        status: product.status.as_str().to_owned(),
    };
    messages::publish(tx, clock, (id, 1), actor, &event).await?;
    products::find(&mut **tx, &key, true).await?.ok_or(WriteError::NotFound)
}

/// What a product is as far as nothing is said about it.
async fn blank(tx: &mut Tx<'_>, wish: &ProductWish) -> Result<ProductFields, sqlx::Error> {
    let slug = if let Some(slug) = &wish.slug {
        slug.clone()
    } else {
        let base = slug_of(wish.name.as_deref().unwrap_or_default(), "product");
        free_slug(&base, &product_writes::slugs_like(tx, &base).await?)
    };
    Ok(ProductFields {
        slug,
        name: String::new(),
        description: String::new(),
        status: Status::Draft,
        tax_class: "standard".to_owned(),
        price: 0,
        compare_at_price: None,
        attributes: BTreeMap::new(),
    })
}
