//! A product as staff write it.

use std::collections::BTreeMap;

use cartwright_web::{Change, Fields, FromFields, rules};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::fields::{self, described_attributes, statuses};
use crate::usecases::catalogue::{ProductWish, VariantWish};

/// Of one product.
const MOST_VARIANTS: usize = 100;
/// Of one product.
const MOST_CATEGORIES: usize = 20;

/// A whole product.
#[derive(ToSchema)]
#[schema(as = ProductInput)]
#[expect(dead_code, reason = "only described; ProductWish is what is read")]
pub struct Described {
    #[schema(min_length = 1, max_length = 200, examples("Two-person tent"))]
    name: String,
    /// If absent, made from the name; in a PUT it stays. `bulk`, `export` and `jobs` are paths of their own.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 100, examples("tent-2-person"))]
    slug: Option<String>,
    /// Empty if absent.
    #[schema(max_length = 20000)]
    description: Option<String>,
    /// In the shop's currency; of a variant that has no price of its own.
    price: Price,
    /// What it cost before: more than `price`.
    compare_at_price: Option<Price>,
    /// `standard` if absent.
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$", examples("standard"))]
    tax_class: Option<String>,
    /// `draft` if absent; in a PUT it stays.
    #[schema(schema_with = statuses, required = false)]
    status: Option<String>,
    #[schema(schema_with = described_attributes, required = false)]
    attributes: Option<BTreeMap<String, String>>,
    #[schema(max_items = 20)]
    category_ids: Option<Vec<Uuid>>,
    /// Matched by sku. In a PUT those that are not here go, unless they were ordered or their stock moved.
    #[schema(min_items = 1, max_items = 100)]
    variants: Vec<VariantInput>,
}

/// What is to change of a product; what is absent stays.
#[derive(ToSchema)]
#[schema(as = ProductChange)]
#[expect(dead_code, reason = "only described; ProductWish is what is read")]
pub struct DescribedChange {
    #[schema(min_length = 1, max_length = 200, nullable = false, examples("Two-person tent"))]
    name: Option<String>,
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 100, nullable = false)]
    slug: Option<String>,
    #[schema(max_length = 20000, nullable = false)]
    description: Option<String>,
    price: Option<Price>,
    /// Null removes it.
    compare_at_price: Option<Price>,
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$", nullable = false)]
    tax_class: Option<String>,
    #[schema(schema_with = statuses, required = false)]
    status: Option<String>,
    #[schema(schema_with = described_attributes, required = false)]
    attributes: Option<BTreeMap<String, String>>,
    /// All of them.
    #[schema(max_items = 20, nullable = false)]
    category_ids: Option<Vec<Uuid>>,
    /// Matched by sku: one that is there changes in what is said about it, another one is added. None goes.
    #[schema(max_items = 100, nullable = false)]
    variants: Option<Vec<VariantInput>>,
}

/// A variant.
#[derive(ToSchema)]
#[schema(as = VariantInput)]
#[expect(dead_code, reason = "only described; VariantWish is what is read")]
struct VariantInput {
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples("TENT-2-GREEN"))]
    sku: String,
    /// What tells it from the others.
    #[schema(max_length = 200, examples("Green"))]
    name: Option<String>,
    #[schema(schema_with = described_attributes, required = false)]
    attributes: Option<BTreeMap<String, String>>,
    /// Null: the product's.
    price: Option<Price>,
    #[schema(min_length = 1, max_length = 64)]
    barcode: Option<String>,
    #[schema(minimum = 0)]
    weight_grams: Option<i32>,
}

/// Money that a product costs: 0 or more, in the shop's currency.
#[derive(ToSchema)]
#[schema(examples(json!({ "amount": 1999, "currency": "EUR" })))]
#[expect(dead_code, reason = "only described; rules::money is what reads it")]
struct Price {
    /// Minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    amount: i64,
    /// ISO 4217; the shop's.
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    currency: String,
}

impl FromFields for VariantWish {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let sku = fields.required("sku", fields::sku);
        let name = fields.optional("name", rules::text(0, 200));
        let attributes = fields.optional("attributes", fields::attributes);
        let price = fields.change("price", rules::money);
        let barcode = fields.change("barcode", rules::text(1, 64));
        let weight_grams = fields.change("weight_grams", weight);
        Some(Self {
            sku: sku?,
            name: name?,
            attributes: attributes?,
            price: price?,
            barcode: barcode?,
            weight_grams: weight_grams?,
        })
    }
}

fn weight(value: Value) -> Result<i32, rules::Invalid> {
    let grams = rules::integer(0, i64::from(i32::MAX))(value)?;
    i32::try_from(grams).map_err(|_| rules::Invalid::new("out_of_range", "must fit into 32 bits"))
}

/// The fields of a PATCH.
pub struct Patch(pub ProductWish);

impl FromFields for Patch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional("name", rules::text(1, 200));
        let slug = fields.optional("slug", fields::slug);
        let description = fields.optional("description", rules::multiline(20_000));
        let price = fields.optional("price", rules::money);
        let compare_at_price = fields.change("compare_at_price", rules::money);
        let tax_class = fields.optional("tax_class", fields::tax_class);
        let status = fields.optional("status", fields::status);
        let attributes = fields.optional("attributes", fields::attributes);
        let category_ids = fields.optional("category_ids", rules::list(MOST_CATEGORIES, rules::id));
        let variants = fields.optional_list("variants", MOST_VARIANTS);
        Some(Self(ProductWish {
            name: name?,
            slug: slug?,
            description: description?,
            price: price?,
            compare_at_price: compare_at_price?,
            tax_class: tax_class?,
            status: status?,
            attributes: attributes?,
            category_ids: category_ids?,
            variants: variants?,
            replaces_variants: false,
        }))
    }
}

/// The fields of a POST or PUT: what is absent is empty, but for slug and status.
pub struct Whole(pub ProductWish);

impl FromFields for Whole {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let Patch(wish) = Patch::from_fields(fields)?;
        let mut required = |name: &str, is_there: bool| {
            if !is_there {
                fields.error(name, rules::Invalid::new("required", "is required"));
            }
        };
        required("name", wish.name.is_some());
        required("price", wish.price.is_some());
        required("variants", wish.variants.as_ref().is_some_and(|variants| !variants.is_empty()));
        Some(Self(ProductWish {
            description: Some(wish.description.unwrap_or_default()),
            compare_at_price: or_cleared(wish.compare_at_price),
            tax_class: Some(wish.tax_class.unwrap_or_else(|| "standard".to_owned())),
            attributes: Some(wish.attributes.unwrap_or_default()),
            category_ids: Some(wish.category_ids.unwrap_or_default()),
            variants: wish.variants.map(|variants| variants.into_iter().map(whole).collect()),
            replaces_variants: true,
            ..wish
        }))
    }
}

fn whole(variant: VariantWish) -> VariantWish {
    VariantWish {
        name: Some(variant.name.unwrap_or_default()),
        attributes: Some(variant.attributes.unwrap_or_default()),
        price: or_cleared(variant.price),
        barcode: or_cleared(variant.barcode),
        weight_grams: or_cleared(variant.weight_grams),
        ..variant
    }
}

fn or_cleared<T>(change: Change<T>) -> Change<T> {
    match change {
        Change::Keep => Change::Clear,
        change => change,
    }
}
