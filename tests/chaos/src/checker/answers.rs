//! What buyers were told, among itself and beside the order service's books.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use uuid::Uuid;

use super::Violation;
use crate::books::Books;
use crate::told::{Order, Saying, Told};

/// All answers to one key say the same, those to a request that was sent again say that they are replayed, and there is no
/// answer of another kind than the contract has for what buyers send.
pub(super) fn agree(told: &Told, into: &mut Vec<Violation>) {
    let mut first: HashMap<&str, &Saying> = HashMap::new();
    let mut keys: HashMap<Uuid, &str> = HashMap::new();
    for saying in &told.sayings {
        let key = &saying.key;
        let said = first.entry(key).or_insert(saying);
        let same = |a: &Saying, b: &Saying| (a.status, &a.code, &a.order) == (b.status, &b.code, &b.order);
        if !same(said, saying) {
            let found = format!("key {key}: {}, then {}", word(said), word(saying));
            into.push(Violation { invariant: "all answers to one idempotency key are the same", found });
        }
        if saying.again && !saying.replayed {
            let found = format!("key {key}: {}", word(saying));
            into.push(Violation { invariant: "a request that was answered is not done again", found });
        }
        let fits = match &saying.order {
            Some(_) => saying.status == 201,
            None => saying.status == 409 && saying.code == "insufficient_stock",
        };
        if !fits {
            let found = format!("key {key}: {}", word(saying));
            into.push(Violation { invariant: "an order is placed or refused for want of stock", found });
        }
        if let Some(order) = &saying.order
            && *keys.entry(order.id).or_insert(key) != key
        {
            let found = format!("order {} answers {key} too", order.number);
            into.push(Violation { invariant: "an order belongs to one idempotency key", found });
        }
    }
}

fn word(saying: &Saying) -> String {
    let order = saying.order.as_ref().map_or_else(String::new, |order| order.number.clone());
    format!("{} {}{order}", saying.status, saying.code)
}

/// The orders that there are, are those that buyers were told of, with the lines and totals that they were told.
pub(super) async fn are_kept(books: &Books, told: &Told, into: &mut Vec<Violation>) -> Result<()> {
    let mut orders = read(books).await?;
    let mut seen = HashSet::new();
    for order in told.sayings.iter().filter_map(|saying| saying.order.as_ref()) {
        if !seen.insert(order.id) {
            continue;
        }
        let kept = orders.remove(&order.id);
        if kept.as_ref() != Some(order) {
            let found = format!("told {order:?}, kept {kept:?}");
            into.push(Violation { invariant: "an order is kept as its buyer was told of it", found });
        }
    }
    for order in orders.into_values() {
        let found = format!("order {}", order.number);
        into.push(Violation { invariant: "there is no order that nobody was told of", found });
    }
    Ok(())
}

async fn read(books: &Books) -> Result<HashMap<Uuid, Order>> {
    let rows: Vec<(Uuid, String, i64)> =
        sqlx::query_as("SELECT id, number, grand_total FROM orders").fetch_all(&books.orders).await?;
    let mut orders: HashMap<Uuid, Order> = rows
        .into_iter()
        .map(|(id, number, total)| (id, Order { id, number, total, lines: Vec::new() }))
        .collect();
    let lines: Vec<(Uuid, String, i64, i64, i64)> = sqlx::query_as(
        "SELECT order_id, sku, quantity::bigint, unit_price, total FROM order_lines ORDER BY order_id, position",
    )
    .fetch_all(&books.orders)
    .await?;
    for (id, sku, quantity, price, total) in lines {
        if let Some(order) = orders.get_mut(&id) {
            order.lines.push((sku, quantity, price, total));
        }
    }
    Ok(orders)
}
