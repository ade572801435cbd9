//! What skus cost and how many there are.

use cartwright_contracts::stock::Quote;
use cartwright_types::{Money, ProductId};

use crate::db;
use crate::state::State;

/// Quotes for those of `skus` that are for sale.
pub async fn quote(state: &State, skus: &[String]) -> Result<Vec<Quote>, sqlx::Error> {
    let rows = db::quotes::find(state.database.pool(), skus).await?;
    rows.into_iter()
        .map(|row| {
            let currency = row.currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(Quote {
                sku: row.sku,
                product_id: ProductId(row.product_id),
                name: row.name,
                unit_price: Money::new(row.price, currency),
                tax_class: row.tax_class,
                weight_grams: row.weight_grams,
                available: row.available,
            })
        })
        .collect()
}
