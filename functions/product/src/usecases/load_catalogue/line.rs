//! A line's form and the rules that need no database.

use std::collections::{BTreeMap, HashSet};

use cartwright_types::{Currency, Money};
use serde::Deserialize;

use crate::domain::slug::is_slug;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Line {
    Category(CategoryLine),
    Product(Box<ProductLine>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryLine {
    pub slug: String,
    pub name: String,
    pub parent_slug: Option<String>,
    #[serde(default)]
    pub position: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductLine {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub status: Status,
    pub tax_class: String,
    pub price: Money,
    pub compare_at_price: Option<Money>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub category_slugs: Vec<String>,
    #[serde(default)]
    pub images: Vec<ImageLine>,
    pub variants: Vec<VariantLine>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Draft,
    Active,
    Archived,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageLine {
    pub key: String,
    #[serde(default)]
    pub alt: String,
    pub width: i32,
    pub height: i32,
    pub content_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantLine {
    pub sku: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    pub price: Option<Money>,
    pub barcode: Option<String>,
    pub weight_grams: Option<i32>,
    pub on_hand: i64,
}

impl Line {
    /// What the tables' constraints would not say clearly, or cannot know.
    pub fn check(&self, currency: Currency) -> Result<(), String> {
        match self {
            Self::Category(category) => check_slug(&category.slug),
            Self::Product(product) => product.check(currency),
        }
    }
}

impl ProductLine {
    fn check(&self, currency: Currency) -> Result<(), String> {
        check_slug(&self.slug)?;
        let prices = self.variants.iter().filter_map(|variant| variant.price);
        for price in prices.chain(self.compare_at_price).chain([self.price]) {
            if price.currency != currency {
                return Err(format!(
                    "a price is in {}, but the shop's currency is {currency}",
                    price.currency
                ));
            }
        }
        if self.variants.is_empty() || self.variants.len() > 100 {
            return Err("a product has 1 to 100 variants".to_owned());
        }
        let mut skus = HashSet::new();
        for variant in &self.variants {
            if !skus.insert(&variant.sku) {
                return Err(format!("sku {} is there twice", variant.sku));
            }
        }
        Ok(())
    }
}

fn check_slug(slug: &str) -> Result<(), String> {
    if is_slug(slug) {
        Ok(())
    } else {
        Err(format!(
            "{slug:?} is no slug: lower-case letters and digits, single hyphens between, not reserved"
        ))
    }
}
