//! `ROLE=load-shop`: shipping methods and tax rates from NDJSON on standard input, by code and by country and class.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use cartwright_database::Database;
use cartwright_types::{Currency, Money, ShippingMethodId, SystemClock};
use serde::Deserialize;

use crate::db::shop::{ShippingMethodRow, TaxRateRow, upsert_shipping_method, upsert_tax_rate};

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    ShippingMethod { code: String, name: String, price: Money, countries: Vec<String> },
    TaxRate { country: String, tax_class: String, rate_bps: i32, inclusive: bool },
}

/// Loads every line; the same lines again change nothing.
pub async fn load(database: &Database, currency: Currency) -> Result<(), anyhow::Error> {
    let mut conn = database.pool().acquire().await?;
    let mut loaded = 0;
    for (number, text) in (1..).zip(std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?) {
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&text).with_context(|| format!("line {number}"))?;
        match line {
            Line::ShippingMethod { code, name, price, countries } => {
                if price.currency != currency {
                    bail!("line {number}: the price is not in SHOP_CURRENCY ({currency})");
                }
                let id = ShippingMethodId::new(&SystemClock).uuid();
                let row = ShippingMethodRow {
                    id,
                    code,
                    name,
                    kind: "flat".to_owned(),
                    price: price.amount,
                    countries,
                };
                upsert_shipping_method(&mut conn, &row).await.with_context(|| format!("line {number}"))?;
            }
            Line::TaxRate { country, tax_class, rate_bps, inclusive } => {
                let row = TaxRateRow { tax_class, rate_bps, inclusive };
                upsert_tax_rate(&mut conn, &country, &row).await.with_context(|| format!("line {number}"))?;
            }
        }
        loaded += 1;
    }
    tracing::info!(loaded, "the shop is loaded");
    Ok(())
}
