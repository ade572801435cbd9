//! `ROLE=load-shop`: shipping methods, tax rates and promotions from NDJSON on standard input, by code and by country, region
//! and class.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use cartwright_database::Database;
use cartwright_types::{Clock as _, Currency, Money, SystemClock, new_uuid};
use serde::Deserialize;
use sqlx::PgConnection;

use crate::db::{promotions, shipping_methods, tax_rates};
use crate::domain::promotion::{Effect, Promotion};
use crate::domain::shipping::{Kind, Method, Tariff, Tier, ascend};
use crate::domain::tax::TaxRate;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    ShippingMethod {
        code: String,
        name: String,
        /// `flat`, `weight` or `price`
        #[serde(default)]
        priced_by: Option<String>,
        price: Money,
        #[serde(default)]
        tiers: Vec<TierLine>,
        countries: Vec<String>,
    },
    TaxRate {
        country: String,
        #[serde(default)]
        region: Option<String>,
        tax_class: String,
        rate_bps: i32,
        inclusive: bool,
    },
    /// With a percentage, an amount, or neither: then the shipping is free.
    Promotion {
        code: String,
        #[serde(default)]
        percent_off: Option<i32>,
        #[serde(default)]
        amount_off: Option<Money>,
        #[serde(default)]
        max_redemptions: Option<i32>,
        #[serde(default)]
        max_per_customer: Option<i32>,
    },
}

#[derive(Deserialize)]
struct TierLine {
    #[serde(default)]
    up_to: Option<i64>,
    price: Money,
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
        load_line(&mut conn, line, currency).await.with_context(|| format!("line {number}"))?;
        loaded += 1;
    }
    tracing::info!(loaded, "the shop is loaded");
    Ok(())
}

async fn load_line(conn: &mut PgConnection, line: Line, currency: Currency) -> Result<(), anyhow::Error> {
    let amount = |money: Money| {
        if money.currency != currency {
            bail!("the price is not in SHOP_CURRENCY ({currency})");
        }
        Ok(money.amount)
    };
    match line {
        Line::ShippingMethod { code, name, priced_by, price, tiers, countries } => {
            let word = priced_by.as_deref().unwrap_or("flat");
            let kind = Kind::parse(word).context("priced_by must be flat, weight or price")?;
            let tiers =
                tiers.into_iter().map(|tier| Ok(Tier { up_to: tier.up_to, price: amount(tier.price)? }));
            let tiers: Vec<Tier> = tiers.collect::<Result<_, anyhow::Error>>()?;
            if !ascend(&tiers) {
                bail!("tiers must ascend");
            }
            let tariff = Tariff { kind, price: amount(price)?, tiers };
            put_method(conn, &Method { code, name, tariff, countries }).await?;
        }
        Line::TaxRate { country, region, tax_class, rate_bps, inclusive } => {
            put_rate(conn, &TaxRate { country, region, tax_class, rate_bps, inclusive }).await?;
        }
        Line::Promotion { code, percent_off, amount_off, max_redemptions, max_per_customer } => {
            let effect = match (percent_off, amount_off) {
                (Some(percent), None) => Effect::Percent(percent),
                (None, Some(money)) => Effect::Fixed(amount(money)?),
                (None, None) => Effect::FreeShipping,
                (Some(_), Some(_)) => bail!("either percent_off or amount_off"),
            };
            let promotion =
                Promotion { code, effect, max_redemptions, max_per_customer, starts_at: None, ends_at: None };
            put_promotion(conn, &promotion).await?;
        }
    }
    Ok(())
}

async fn put_method(conn: &mut PgConnection, method: &Method) -> Result<(), sqlx::Error> {
    let now = SystemClock.now();
    let before = match shipping_methods::by_code(conn, &method.code).await? {
        Some(id) => shipping_methods::get(&mut *conn, id).await?,
        None => None,
    };
    match before {
        Some(before) if before.method == *method => Ok(()),
        Some(before) => shipping_methods::update(conn, before.id, method, now).await,
        None => shipping_methods::insert(conn, new_uuid(&SystemClock), method, now).await,
    }
}

async fn put_rate(conn: &mut PgConnection, rate: &TaxRate) -> Result<(), sqlx::Error> {
    let now = SystemClock.now();
    let before = match tax_rates::by_place(conn, rate).await? {
        Some(id) => tax_rates::get(&mut *conn, id).await?,
        None => None,
    };
    match before {
        Some(before) if before.rate == *rate => Ok(()),
        Some(before) => tax_rates::update(conn, before.id, rate, now).await,
        None => tax_rates::insert(conn, new_uuid(&SystemClock), rate, now).await,
    }
}

async fn put_promotion(conn: &mut PgConnection, promotion: &Promotion) -> Result<(), sqlx::Error> {
    let now = SystemClock.now();
    let before = promotions::by_codes(&mut *conn, std::slice::from_ref(&promotion.code)).await?.pop();
    match before {
        Some(before) if before.promotion == *promotion => Ok(()),
        Some(before) => promotions::update(conn, before.id, promotion, now).await,
        None => promotions::insert(conn, new_uuid(&SystemClock), promotion, now).await,
    }
}
