//! A product's variants, matched by sku.

use std::collections::HashMap;

use cartwright_types::{Clock, VariantId};
use cartwright_web::Change;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{VariantWish, WriteError};
use crate::db::catalogue::{self, VariantRow};
use crate::db::product_writes::{self, StoredVariant};
use crate::db::stock;

/// Of one product.
const MOST: usize = 100;
/// In the ledger, which says nothing of zero.
const ACTOR: &str = "system";

/// Writes the variants of a product; whether that was a change. A new one begins with nothing on hand; with `replaces`
/// those that `wishes` does not have go.
pub async fn put(
    conn: &mut PgConnection,
    clock: &dyn Clock,
    product: Uuid,
    wishes: &[VariantWish],
    replaces: bool,
) -> Result<bool, WriteError> {
    let stored = product_writes::variants(conn, product).await?;
    let mut changed = replaces && remove_others(conn, product, &stored, wishes).await?;
    let next = stored.iter().map(|variant| variant.position + 1).max().unwrap_or(0);
    let stored: HashMap<&str, &StoredVariant> =
        stored.iter().map(|variant| (variant.sku.as_str(), variant)).collect();
    let is_new = |wish: &&VariantWish| !stored.contains_key(wish.sku.as_str());
    if !replaces && stored.len() + wishes.iter().filter(is_new).count() > MOST {
        return Err(WriteError::invalid("/variants", "too_many_variants", "at most 100"));
    }
    // Two products that ask for one sku wait for each other in one order.
    let mut placed: Vec<(i32, &VariantWish)> = (0..).zip(wishes).collect();
    placed.sort_by(|a, b| a.1.sku.cmp(&b.1.sku));
    for (at, wish) in placed {
        let before = stored.get(wish.sku.as_str()).copied();
        let position = match before {
            _ if replaces => at,
            Some(before) => before.position,
            None => next.saturating_add(at),
        };
        let put = write(conn, clock, product, (wish, before, position)).await?;
        changed |= put.ok_or_else(|| WriteError::SkuTaken(wish.sku.clone()))?;
    }
    let fresh: Vec<String> = wishes.iter().filter(is_new).map(|wish| wish.sku.clone()).collect();
    if !fresh.is_empty() {
        stock::begin(conn, &fresh, &vec![0; fresh.len()], ACTOR, clock.now()).await?;
    }
    Ok(changed)
}

async fn remove_others(
    conn: &mut PgConnection,
    product: Uuid,
    stored: &[StoredVariant],
    wishes: &[VariantWish],
) -> Result<bool, WriteError> {
    let missing: Vec<String> = stored
        .iter()
        .filter(|variant| wishes.iter().all(|wish| wish.sku != variant.sku))
        .map(|variant| variant.sku.clone())
        .collect();
    if missing.is_empty() {
        return Ok(false);
    }
    match product_writes::remove_variants(conn, product, &missing).await? {
        Some(sku) => Err(WriteError::VariantInUse(sku)),
        None => Ok(true),
    }
}

/// None: the sku is another product's.
async fn write(
    conn: &mut PgConnection,
    clock: &dyn Clock,
    product: Uuid,
    (wish, before, position): (&VariantWish, Option<&StoredVariant>, i32),
) -> Result<Option<bool>, sqlx::Error> {
    let nothing = std::collections::BTreeMap::new();
    let present = before.map_or(&nothing, |before| &before.attributes.0);
    let row = VariantRow {
        id: VariantId::new(clock).uuid(),
        sku: &wish.sku,
        name: wish.name.as_deref().or(before.map(|before| before.name.as_str())).unwrap_or_default(),
        attributes: wish.attributes.as_ref().unwrap_or(present),
        price: match wish.price {
            Change::Keep => before.and_then(|before| before.price),
            Change::Clear => None,
            Change::Set(money) => Some(money.amount),
        },
        barcode: match &wish.barcode {
            Change::Keep => before.and_then(|before| before.barcode.as_deref()),
            Change::Clear => None,
            Change::Set(barcode) => Some(barcode),
        },
        weight_grams: wish.weight_grams.clone().apply(before.and_then(|before| before.weight_grams)),
        position,
    };
    catalogue::put_variant(conn, product, &row).await
}
