//! The demo data as the loaders of the services read it: one JSON object a line, tagged by `kind`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::images::SIDE;
use super::products::{Product, Variant, slug};
use super::words::{DEPARTMENTS, SHELVES};

/// Categories, parents first, then products; for the product service's `ROLE=load-catalogue`.
#[must_use]
pub fn catalogue_lines(products: &[Product]) -> String {
    join(categories().into_iter().chain(products.iter().map(product)))
}

/// Shipping methods, tax rates and a promotion; for the order service's `ROLE=load-shop`.
#[must_use]
pub fn shop_lines() -> String {
    let rate = |country: &str, class: &str, bps: u32| {
        json!({
            "kind": "tax_rate", "country": country, "region": null, "tax_class": class, "rate_bps": bps,
            "inclusive": true,
        })
    };
    let standard = json!({
        "kind": "shipping_method", "code": "standard", "name": "Standard shipping", "price": euros(490),
        "countries": ["DE", "AT", "FR", "BE", "NL", "LU", "DK", "PL", "CZ", "IT", "ES"],
    });
    let tier = |grams: Option<u32>, price: i64| json!({ "up_to": grams, "price": euros(price) });
    let tracked = json!({
        "kind": "shipping_method", "code": "tracked", "name": "Tracked parcel", "priced_by": "weight",
        "price": euros(590), "tiers": [tier(Some(2_000), 590), tier(Some(10_000), 990), tier(Some(31_500), 1990)],
        "countries": ["DE", "AT", "FR"],
    });
    join([
        standard,
        tracked,
        rate("DE", "standard", 1900),
        rate("DE", "reduced", 700),
        rate("AT", "standard", 2000),
        rate("FR", "standard", 2000),
        json!({ "kind": "promotion", "code": "WELCOME10", "percent_off": 10 }),
    ])
}

fn join(lines: impl IntoIterator<Item = Value>) -> String {
    lines.into_iter().fold(String::new(), |mut text, line| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{line}");
        text
    })
}

fn categories() -> Vec<Value> {
    let line = |name: &str, parent: Option<&str>, position: usize| {
        json!({
            "kind": "category", "slug": slug(name), "name": name, "parent_slug": parent.map(slug),
            "position": position,
        })
    };
    let departments = DEPARTMENTS.iter().enumerate().map(|(place, name)| line(name, None, place));
    let shelves =
        SHELVES.iter().enumerate().map(|(place, shelf)| line(shelf.name, Some(shelf.department), place));
    departments.chain(shelves).collect()
}

fn product(product: &Product) -> Value {
    json!({
        "kind": "product",
        "slug": product.slug,
        "name": product.name,
        "description": product.description,
        "status": "active",
        "tax_class": "standard",
        "price": euros(product.price),
        "compare_at_price": product.compare_at.map(euros),
        "attributes": {"material": product.material.to_lowercase()},
        "category_slugs": [product.category],
        "images": [{
            "key": product.image_key(), "alt": product.name, "width": SIDE, "height": SIDE,
            "content_type": "image/png",
        }],
        "variants": product.variants.iter().map(variant).collect::<Vec<_>>(),
    })
}

fn variant(variant: &Variant) -> Value {
    json!({
        "sku": variant.sku,
        "name": variant.name,
        "attributes": {"size": variant.size, "color": variant.colour.to_lowercase()},
        "price": variant.price.map(euros),
        "barcode": variant.barcode,
        "weight_grams": variant.weight,
        "on_hand": variant.on_hand,
    })
}

fn euros(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo_data::products;

    #[test]
    fn each_category_comes_after_its_parent_and_before_the_products_in_it() {
        let mut known: Vec<Value> = Vec::new();
        for line in catalogue_lines(&products()).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["kind"] == "category" {
                assert!(line["parent_slug"].is_null() || known.contains(&line["parent_slug"]), "{line}");
                known.push(line["slug"].clone());
            } else {
                assert!(known.contains(&line["category_slugs"][0]), "{line}");
            }
        }
        assert_eq!(known.len(), 11);
    }

    #[test]
    fn the_shop_ships_to_every_country_it_knows_a_tax_of() {
        let text = shop_lines();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let countries = lines[0]["countries"].as_array().unwrap();
        let mut rates = lines.iter().filter(|line| line["kind"] == "tax_rate").peekable();
        assert!(rates.peek().is_some() && rates.all(|rate| countries.contains(&rate["country"])));
    }
}
