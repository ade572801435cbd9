//! What buyers were told: the other side of the books.

use serde_json::Value;
use uuid::Uuid;

/// Everything that anybody was told of an order that they placed.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Every final answer to `POST /orders`.
    pub sayings: Vec<Saying>,
}

/// A final answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// The buyer's address.
    pub buyer: String,
    /// The request's `Idempotency-Key`.
    pub key: String,
    /// Whether this request was sent when the first one had been answered.
    pub again: bool,
    /// Whether it says of itself that it is an earlier one.
    pub replayed: bool,
    /// Its status.
    pub status: u16,
    /// The problem's code; empty without one.
    pub code: String,
    /// The order, if there is one.
    pub order: Option<Order>,
}

/// An order as its buyer was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Minor units.
    pub total: i64,
    /// Sku, quantity, unit price and total of each line, in the order's sequence.
    pub lines: Vec<(String, i64, i64, i64)>,
}

impl Order {
    /// From the API's JSON; None if something is missing.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let line = |line: &Value| {
            let amount = |name: &str| line[name]["amount"].as_i64();
            let sku = line["sku"].as_str()?.to_owned();
            Some((sku, line["quantity"].as_i64()?, amount("unit_price")?, amount("total")?))
        };
        Some(Self {
            id: body["id"].as_str()?.parse().ok()?,
            number: body["number"].as_str()?.to_owned(),
            total: body["totals"]["grand"]["amount"].as_i64()?,
            lines: body["lines"].as_array()?.iter().map(line).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_read_whole_or_not_at_all() {
        let money = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
        let mut body = json!({
            "id": "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10", "number": "C-2026-000001", "totals": { "grand": money(2490) },
            "lines": [{ "sku": "TENT", "quantity": 2, "unit_price": money(1000), "total": money(2000) }],
        });
        let order = Order::read(&body).unwrap();
        assert_eq!((order.total, order.lines), (2490, vec![("TENT".to_owned(), 2, 1000, 2000)]));
        body["lines"][0]["quantity"] = Value::Null;
        assert_eq!(Order::read(&body), None);
    }
}
