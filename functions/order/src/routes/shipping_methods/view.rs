//! A shipping method, as it is sent and shown.

use cartwright_types::{Currency, Money};
use cartwright_web::openapi::{Country, words};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, FromFields, Problem};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::shipping_methods::StoredMethod;
use crate::domain::shipping::{Kind, MAX_TIERS, Method, Tariff, Tier, ascend};
use crate::routes::shop::{self, DescribedPrice};

/// More countries than there are.
const MAX_COUNTRIES: usize = 300;
/// Grams or minor units.
const MAX_UP_TO: i64 = 1_000_000_000_000;

/// A way to ship.
#[derive(Serialize, ToSchema)]
pub struct ShippingMethod {
    /// What an order names.
    id: Uuid,
    /// Short, for programs.
    #[schema(examples("standard"))]
    code: String,
    /// For people.
    #[schema(examples("Standard delivery"))]
    name: String,
    /// What the price depends on.
    #[schema(schema_with = kinds)]
    kind: &'static str,
    /// What it costs; where `tiers` decide that, what it costs at least, for people.
    price: Money,
    /// Ascending; empty for `flat`. Beyond the last one this method cannot be chosen.
    tiers: Vec<ShippingTier>,
    /// Where it ships to.
    #[schema(value_type = Vec<Country>)]
    countries: Vec<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A step of the price.
#[derive(Serialize, ToSchema)]
struct ShippingTier {
    /// The last gram (`weight`) or minor unit of the goods after discounts (`price`) that it covers; null: no limit.
    #[schema(required)]
    up_to: Option<i64>,
    price: Money,
}

fn kinds() -> utoipa::openapi::Object {
    words(
        "What the price depends on: nothing, the weight of the goods, or their price after discounts.",
        &["flat", "weight", "price"],
    )
}

impl ShippingMethod {
    /// As it is shown; amounts are in the shop's `currency`.
    pub fn new(stored: StoredMethod, currency: Currency) -> Self {
        let Method { code, name, tariff, countries } = stored.method;
        let money = |amount| Money::new(amount, currency);
        let tiers =
            tariff.tiers.into_iter().map(|tier| ShippingTier { up_to: tier.up_to, price: money(tier.price) });
        Self {
            id: stored.id,
            code,
            name,
            kind: tariff.kind.as_str(),
            price: money(tariff.price),
            tiers: tiers.collect(),
            countries,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// A way to ship, as staff write it.
#[derive(ToSchema)]
#[schema(as = ShippingMethodInput)]
#[expect(dead_code, reason = "only described; MethodInput is what is read")]
pub struct DescribedMethod {
    /// Short, for programs; no other one has it in any case.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples("standard"))]
    code: String,
    /// For people.
    #[schema(min_length = 1, max_length = 120, examples("Standard delivery"))]
    name: String,
    #[schema(schema_with = kinds)]
    kind: String,
    /// What it costs. Where `tiers` decide that, it is only shown; if absent then, the least of theirs.
    price: Option<DescribedPrice>,
    /// For `weight` and `price`, and needed there; ascending, and only the last may be without a limit.
    #[schema(max_items = 50)]
    tiers: Option<Vec<DescribedTier>>,
    /// Where it ships to.
    #[schema(value_type = Vec<Country>, min_items = 1, max_items = 300)]
    countries: Vec<String>,
}

/// A step of the price.
#[derive(ToSchema)]
#[schema(as = ShippingTierInput)]
#[expect(dead_code, reason = "only described; TierInput is what is read")]
struct DescribedTier {
    /// The last gram or minor unit that it covers; without a limit if absent or null.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    up_to: Option<i64>,
    price: DescribedPrice,
}

/// A method with its amounts as they were sent.
pub struct MethodInput {
    code: String,
    name: String,
    kind: Kind,
    price: Option<Money>,
    tiers: Vec<TierInput>,
    countries: Vec<String>,
}

struct TierInput {
    up_to: Option<i64>,
    price: Money,
}

impl MethodInput {
    /// The method, if its amounts are in the shop's currency.
    pub fn checked(&self, currency: Currency) -> Result<Method, Problem> {
        let price = self.price.iter().map(|price| ("/price".to_owned(), price));
        let tiers =
            self.tiers.iter().enumerate().map(|(at, tier)| (format!("/tiers/{at}/price"), &tier.price));
        shop::check_currency(currency, price.chain(tiers))?;
        let tiers: Vec<Tier> =
            self.tiers.iter().map(|tier| Tier { up_to: tier.up_to, price: tier.price.amount }).collect();
        let least = tiers.iter().map(|tier| tier.price).min().unwrap_or_default();
        Ok(Method {
            code: self.code.clone(),
            name: self.name.clone(),
            tariff: Tariff { kind: self.kind, price: self.price.map_or(least, |price| price.amount), tiers },
            countries: self.countries.clone(),
        })
    }
}

impl FromFields for TierInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let up_to = fields.optional("up_to", rules::integer(0, MAX_UP_TO));
        let price = fields.required("price", rules::money);
        Some(Self { up_to: up_to?, price: price? })
    }
}

impl FromFields for MethodInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.required("code", shop::code);
        let name = fields.required("name", rules::text(1, 120));
        let kind = fields.required("kind", kind);
        let price = fields.optional("price", rules::money);
        let tiers = fields.optional_list::<TierInput>("tiers", MAX_TIERS);
        let countries = fields.required("countries", countries);
        if let (Some(kind), Some(price)) = (kind, &price)
            && kind == Kind::Flat
            && price.is_none()
        {
            fields.error("price", Invalid::new("required", "is required for a flat price"));
        }
        if let (Some(kind), Some(tiers)) = (kind, &tiers) {
            check_tiers(fields, kind, tiers.as_deref().unwrap_or_default());
        }
        Some(Self {
            code: code?,
            name: name?,
            kind: kind?,
            price: price?,
            tiers: tiers?.unwrap_or_default(),
            countries: countries?,
        })
    }
}

fn check_tiers(fields: &mut Fields<'_>, kind: Kind, tiers: &[TierInput]) {
    let steps: Vec<Tier> =
        tiers.iter().map(|tier| Tier { up_to: tier.up_to, price: tier.price.amount }).collect();
    if kind == Kind::Flat && !tiers.is_empty() {
        fields.error("tiers", Invalid::new("not_for_this_kind", "a flat price has none"));
    } else if kind != Kind::Flat && tiers.is_empty() {
        fields.error("tiers", Invalid::new("required", "is required unless the price is flat"));
    } else if !ascend(&steps) {
        let detail = "each must go further than the one before, and only the last without a limit";
        fields.error("tiers", Invalid::new("not_ascending", detail));
    }
}

fn kind(value: Value) -> Result<Kind, Invalid> {
    Kind::parse(&rules::string(value)?).ok_or(Invalid::new("unknown_kind", "must be flat, weight or price"))
}

fn countries(value: Value) -> Result<Vec<String>, Invalid> {
    let mut countries = rules::list(MAX_COUNTRIES, rules::country)(value)?;
    countries.sort_unstable();
    countries.dedup();
    if countries.is_empty() { Err(Invalid::new("too_short", "at least one country")) } else { Ok(countries) }
}
