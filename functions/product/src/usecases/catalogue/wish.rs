//! What a product shall be.

use std::collections::{BTreeMap, HashSet};

use cartwright_types::{Currency, Money};
use cartwright_web::Change;
use uuid::Uuid;

use super::{WriteError, field_error};
use crate::domain::product::{ProductFields, Status};

/// What is to change of a product; what is None stays.
pub struct ProductWish {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub description: Option<String>,
    pub price: Option<Money>,
    pub compare_at_price: Change<Money>,
    pub tax_class: Option<String>,
    pub status: Option<Status>,
    pub attributes: Option<BTreeMap<String, String>>,
    /// All categories it shall be in.
    pub category_ids: Option<Vec<Uuid>>,
    pub variants: Option<Vec<VariantWish>>,
    /// Whether a variant that `variants` does not have shall go.
    pub replaces_variants: bool,
}

/// What is to change of the variant with that sku, or what a new one shall be.
pub struct VariantWish {
    pub sku: String,
    pub name: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    /// Cleared: the product's.
    pub price: Change<Money>,
    pub barcode: Change<String>,
    pub weight_grams: Change<i32>,
}

impl ProductWish {
    /// What needs no look at the database.
    pub fn check(&self, currency: Currency) -> Result<(), WriteError> {
        let mut errors = Vec::new();
        let mut money = |pointer: String, money: Option<&Money>| {
            if money.is_some_and(|money| money.currency != currency) {
                errors.push(field_error(pointer, "wrong_currency", "must be in the shop's currency"));
            }
        };
        money("/price".to_owned(), self.price.as_ref());
        money("/compare_at_price".to_owned(), set(&self.compare_at_price));
        for (at, variant) in self.variants.iter().flatten().enumerate() {
            money(format!("/variants/{at}/price"), set(&variant.price));
        }
        let mut skus = HashSet::new();
        for (at, variant) in self.variants.iter().flatten().enumerate() {
            if !skus.insert(&variant.sku) {
                errors.push(field_error(format!("/variants/{at}/sku"), "repeated", "each sku once"));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(WriteError::Invalid(errors)) }
    }

    /// A category that is not among `known`.
    pub fn check_categories(&self, known: &[Uuid]) -> Result<(), WriteError> {
        let unknown = self.category_ids.iter().flatten().enumerate().filter(|(_, id)| !known.contains(id));
        let errors: Vec<_> = unknown
            .map(|(at, _)| {
                field_error(format!("/category_ids/{at}"), "unknown_category", "there is no such category")
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(WriteError::Invalid(errors)) }
    }

    /// The product as it shall be.
    pub fn apply(&self, before: &ProductFields) -> Result<ProductFields, WriteError> {
        let keep = |wish: &Option<String>, before: &String| wish.clone().unwrap_or_else(|| before.clone());
        let after = ProductFields {
            slug: keep(&self.slug, &before.slug),
            name: keep(&self.name, &before.name),
            description: keep(&self.description, &before.description),
            status: self.status.unwrap_or(before.status),
            tax_class: keep(&self.tax_class, &before.tax_class),
            price: self.price.map_or(before.price, |money| money.amount),
            compare_at_price: match self.compare_at_price {
                Change::Keep => before.compare_at_price,
                Change::Clear => None,
                Change::Set(money) => Some(money.amount),
            },
            attributes: self.attributes.clone().unwrap_or_else(|| before.attributes.clone()),
        };
        if after.compare_at_price.is_some_and(|amount| amount <= after.price) {
            let detail = "must be more than the price";
            return Err(WriteError::invalid("/compare_at_price", "not_above_price", detail));
        }
        Ok(after)
    }
}

fn set<T>(change: &Change<T>) -> Option<&T> {
    match change {
        Change::Set(value) => Some(value),
        Change::Keep | Change::Clear => None,
    }
}
