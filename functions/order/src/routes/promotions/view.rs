//! A promotion, as it is sent and shown.

use cartwright_types::{Currency, Money};
use cartwright_web::openapi::words;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, FromFields, Problem};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::promotions::StoredPromotion;
use crate::domain::promotion::{Effect, Promotion};
use crate::routes::shop::{self, DescribedPrice};

/// Redemptions.
const MOST: i64 = 1_000_000_000;

/// A promotion.
#[derive(Serialize, ToSchema)]
#[schema(as = Promotion)]
pub struct PromotionView {
    id: Uuid,
    /// What buyers type, in any case.
    #[schema(examples("WELCOME10"))]
    code: String,
    #[schema(schema_with = kinds)]
    kind: &'static str,
    /// For `percent`.
    #[schema(required, minimum = 1, maximum = 100, examples(10))]
    percent_off: Option<i32>,
    /// For `fixed`; never more than the goods cost.
    #[schema(required)]
    amount_off: Option<Money>,
    /// Orders that may have it; null: any number.
    #[schema(required, minimum = 1)]
    max_redemptions: Option<i32>,
    /// Orders of one buyer; null: any number.
    #[schema(required, minimum = 1)]
    max_per_customer: Option<i32>,
    /// From when on; null: at once.
    #[schema(required)]
    starts_at: Option<DateTime<Utc>>,
    /// Until before when; null: without an end.
    #[schema(required)]
    ends_at: Option<DateTime<Utc>>,
    /// Orders that have it now: not those that were cancelled or expired.
    #[schema(minimum = 0)]
    redeemed: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn kinds() -> utoipa::openapi::Object {
    words("What it takes off.", &["percent", "fixed", "free_shipping"])
}

impl PromotionView {
    /// As it is shown; amounts are in the shop's `currency`.
    pub fn new(stored: StoredPromotion, currency: Currency) -> Self {
        let promotion = stored.promotion;
        let (percent_off, amount_off) = match promotion.effect {
            Effect::Percent(percent) => (Some(percent), None),
            Effect::Fixed(amount) => (None, Some(Money::new(amount, currency))),
            Effect::FreeShipping => (None, None),
        };
        Self {
            id: stored.id,
            code: promotion.code,
            kind: promotion.effect.kind(),
            percent_off,
            amount_off,
            max_redemptions: promotion.max_redemptions,
            max_per_customer: promotion.max_per_customer,
            starts_at: promotion.starts_at,
            ends_at: promotion.ends_at,
            redeemed: stored.redeemed,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// Covers what is shown; who changes it has to know of its version only.
pub fn tag(stored: &StoredPromotion) -> String {
    format!("{}-{}", stored.version, stored.redeemed)
}

/// A promotion, as staff write it.
#[derive(ToSchema)]
#[schema(as = PromotionInput)]
#[expect(dead_code, reason = "only described; NewPromotion is what is read")]
pub struct DescribedPromotion {
    /// What buyers type; no other one has it in any case.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples("WELCOME10"))]
    code: String,
    #[schema(schema_with = kinds)]
    kind: String,
    /// For `percent`, and only there.
    #[schema(minimum = 1, maximum = 100, examples(10))]
    percent_off: Option<i32>,
    /// For `fixed`, and only there; 1 or more.
    amount_off: Option<DescribedPrice>,
    /// Orders that may have it. Not less than have it already: 409 `below_redeemed`.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    max_redemptions: Option<i32>,
    /// Orders of one buyer.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    max_per_customer: Option<i32>,
    /// From when on.
    starts_at: Option<DateTime<Utc>>,
    /// Until before when; after `starts_at`.
    ends_at: Option<DateTime<Utc>>,
}

/// A promotion with its amount as it was sent.
pub struct PromotionInput {
    promotion: Promotion,
    amount_off: Option<Money>,
}

impl PromotionInput {
    /// The promotion, if its amount is in the shop's currency.
    pub fn checked(&self, currency: Currency) -> Result<Promotion, Problem> {
        shop::check_currency(
            currency,
            self.amount_off.iter().map(|money| ("/amount_off".to_owned(), money)),
        )?;
        Ok(self.promotion.clone())
    }
}

impl FromFields for PromotionInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.required("code", shop::code);
        let kind = fields.required("kind", kind);
        let percent_off = fields.optional("percent_off", whole(100));
        let amount_off = fields.optional("amount_off", some_money);
        let max_redemptions = fields.optional("max_redemptions", whole(MOST));
        let max_per_customer = fields.optional("max_per_customer", whole(MOST));
        let starts_at = fields.optional("starts_at", rules::time);
        let ends_at = fields.optional("ends_at", rules::time);
        if let (Some(Some(start)), Some(Some(end))) = (starts_at, ends_at)
            && end <= start
        {
            fields.error("ends_at", Invalid::new("out_of_range", "must be after starts_at"));
        }
        let (kind, percent_off, amount_off) = (kind?, percent_off?, amount_off?);
        let effect = effect(fields, kind, percent_off, amount_off);
        let promotion = Promotion {
            code: code?,
            effect: effect?,
            max_redemptions: max_redemptions?,
            max_per_customer: max_per_customer?,
            starts_at: starts_at?,
            ends_at: ends_at?,
        };
        Some(Self { promotion, amount_off })
    }
}

/// What may be sent depends on the kind.
fn effect(
    fields: &mut Fields<'_>,
    kind: Kind,
    percent_off: Option<i32>,
    amount_off: Option<Money>,
) -> Option<Effect> {
    let mut wanted = |name: &str, is_wanted: bool, is_there: bool| {
        if is_wanted && !is_there {
            fields.error(name, Invalid::new("required", "is required for this kind"));
        } else if is_there && !is_wanted {
            fields.error(name, Invalid::new("not_for_this_kind", "is not for this kind"));
        }
    };
    wanted("percent_off", kind == Kind::Percent, percent_off.is_some());
    wanted("amount_off", kind == Kind::Fixed, amount_off.is_some());
    match kind {
        Kind::Percent => percent_off.map(Effect::Percent),
        Kind::Fixed => amount_off.map(|money| Effect::Fixed(money.amount)),
        Kind::FreeShipping => Some(Effect::FreeShipping),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Percent,
    Fixed,
    FreeShipping,
}

fn kind(value: Value) -> Result<Kind, Invalid> {
    match rules::string(value)?.as_str() {
        "percent" => Ok(Kind::Percent),
        "fixed" => Ok(Kind::Fixed),
        "free_shipping" => Ok(Kind::FreeShipping),
        _ => Err(Invalid::new("unknown_kind", "must be percent, fixed or free_shipping")),
    }
}

/// 1 to `most`.
fn whole(most: i64) -> impl Fn(Value) -> Result<i32, Invalid> {
    move |value| {
        let number = rules::integer(1, most)(value)?;
        i32::try_from(number).map_err(|_| Invalid::new("out_of_range", "must fit into 32 bits"))
    }
}

fn some_money(value: Value) -> Result<Money, Invalid> {
    match rules::money(value)? {
        Money { amount: 0, .. } => Err(Invalid::new("out_of_range", "must be 1 or more")),
        money => Ok(money),
    }
}
