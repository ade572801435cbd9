//! A cart as a DynamoDB item and back. Lines and what else it holds are JSON, read as a whole or not at all.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CartError, Item};
use crate::domain::cart::Cart;

pub(super) fn write(owner: &str, cart: &Cart, expires_at: i64) -> Result<Item, CartError> {
    let number = |value: i64| AttributeValue::N(value.to_string());
    let mut item = Item::from([
        ("owner".to_owned(), AttributeValue::S(owner.to_owned())),
        ("lines".to_owned(), json(&cart.lines)?),
        ("version".to_owned(), number(cart.version)),
        ("expires_at".to_owned(), number(expires_at)),
    ]);
    if let Some(id) = cart.id {
        item.insert("id".to_owned(), AttributeValue::S(id.to_string()));
    }
    if !cart.reductions.is_empty() {
        item.insert("reductions".to_owned(), json(&cart.reductions)?);
    }
    if !cart.applied.is_empty() {
        item.insert("applied".to_owned(), json(&cart.applied)?);
    }
    Ok(item)
}

/// An item may be older than some of its members.
pub(super) fn read(item: &Item) -> Result<Cart, CartError> {
    let string = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let version = item.get("version").and_then(|value| value.as_n().ok()?.parse().ok());
    Ok(Cart {
        id: string("id").map(|text| text.parse()).transpose().map_err(|_| CartError::Malformed)?,
        lines: parsed(string("lines").ok_or(CartError::Malformed)?)?,
        reductions: string("reductions").map(|text| parsed(text)).transpose()?.unwrap_or_default(),
        applied: string("applied").map(|text| parsed(text)).transpose()?.unwrap_or_default(),
        version: version.ok_or(CartError::Malformed)?,
    })
}

fn json<T: Serialize>(value: &T) -> Result<AttributeValue, CartError> {
    serde_json::to_string(value).map(AttributeValue::S).map_err(|_| CartError::Malformed)
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, CartError> {
    serde_json::from_str(text).map_err(|_| CartError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cart::{CartLine, Reduction};
    use cartwright_types::{CartLineId, Currency, Money, SystemClock};
    use uuid::Uuid;

    #[test]
    fn a_cart_comes_back_as_it_was_stored() {
        let line = CartLine {
            id: CartLineId::new(&SystemClock),
            sku: "A".to_owned(),
            quantity: 2,
            unit_price: Some(Money::new(1999, Currency::EUR)),
        };
        let cart = Cart {
            id: Some(Uuid::from_u128(7)),
            lines: vec![line],
            reductions: vec![Reduction { sku: "B".to_owned(), from: 3, to: 0 }],
            applied: vec![Uuid::from_u128(8)],
            version: 4,
        };
        assert_eq!(read(&write("user:1", &cart, 0).unwrap()).unwrap(), cart);
    }

    #[test]
    fn a_cart_from_before_prices_were_kept_is_read() {
        let lines = r#"[{"id":"0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10","sku":"A","quantity":2}]"#;
        let item = Item::from([
            ("owner".to_owned(), AttributeValue::S("user:1".to_owned())),
            ("lines".to_owned(), AttributeValue::S(lines.to_owned())),
            ("version".to_owned(), AttributeValue::N("3".to_owned())),
        ]);
        let cart = read(&item).unwrap();
        assert_eq!((cart.lines[0].quantity, cart.lines[0].unit_price, cart.version), (2, None, 3));
    }

    #[test]
    fn an_item_that_is_no_cart_is_an_error() {
        assert!(read(&Item::new()).is_err());
    }
}
