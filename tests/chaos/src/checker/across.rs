//! What no single store can say: products, orders, notifications, queues and mail side by side.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use uuid::Uuid;

use super::Violation;
use crate::books::Books;

/// The statuses of an order whose money is there.
pub(super) const PAID: [&str; 4] = ["paid", "processing", "shipped", "delivered"];

/// Every paid order has one committed reservation, and no other order has any stock.
pub(super) async fn reservations(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let rows: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT id, status FROM reservations").fetch_all(&books.products).await?;
    let mut reserved: HashMap<_, _> = rows.into_iter().collect();
    let orders: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT id, status FROM orders").fetch_all(&books.orders).await?;
    for (id, status) in orders {
        let reservation = reserved.remove(&id);
        let reservation = reservation.as_deref().unwrap_or("none");
        let fits = match status.as_str() {
            "expired" | "cancelled" => matches!(reservation, "released" | "expired"),
            status if PAID.contains(&status) => reservation == "committed",
            _ => true,
        };
        if !fits {
            let found = format!("order {id} is {status}, its reservation {reservation}");
            into.push(Violation { invariant: "an order's reservation follows its status", found });
        }
    }
    for (id, status) in reserved {
        if matches!(status.as_str(), "held" | "committed") {
            let found = format!("reservation {id} is {status}");
            into.push(Violation { invariant: "no stock is taken for an order that there is not", found });
        }
    }
    Ok(())
}

/// What staff put on the shelf is there, or in an order that is paid.
pub(super) async fn stock(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let shelves: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT i.sku, i.on_hand, coalesce(sum(m.quantity) FILTER (WHERE m.reservation_id IS NULL), 0)::bigint
         FROM inventory i LEFT JOIN inventory_movements m ON m.sku = i.sku GROUP BY i.sku, i.on_hand",
    )
    .fetch_all(&books.products)
    .await?;
    let sold: Vec<(String, i64)> = sqlx::query_as(
        "SELECT l.sku, sum(l.quantity - l.restocked_quantity)::bigint FROM order_lines l JOIN orders o ON o.id = l.order_id
         WHERE o.status = ANY ($1) GROUP BY l.sku",
    )
    .bind(PAID.map(str::to_owned).to_vec())
    .fetch_all(&books.orders)
    .await?;
    let sold: HashMap<String, i64> = sold.into_iter().collect();
    for (sku, on_hand, delivered) in shelves {
        let sold = sold.get(&sku).copied().unwrap_or(0);
        if on_hand + sold != delivered {
            let found = format!("{sku}: {delivered} delivered, {sold} sold, {on_hand} on hand");
            into.push(Violation { invariant: "what was delivered is on the shelf or sold", found });
        }
    }
    Ok(())
}

/// Every `order.paid` gives exactly one confirmation and one mailed invoice, and every notification reaches its end.
pub(super) async fn notifications(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let notices = books.notices().await?;
    let mut sent: HashMap<(&str, &str), usize> = HashMap::new();
    for notice in notices.iter().filter(|notice| went_out(&notice.status)) {
        if let Some(order) = &notice.order_id {
            *sent.entry((&notice.template, order)).or_default() += 1;
        }
    }
    let mails = books.mails().await?;
    let subjects: HashSet<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    let paid: Vec<(Uuid, String, Option<String>)> = sqlx::query_as(
        "SELECT o.id, o.number, i.number FROM order_events e JOIN orders o ON o.id = e.order_id
         LEFT JOIN invoices i ON i.order_id = o.id WHERE e.type = 'order.paid'",
    )
    .fetch_all(&books.orders)
    .await?;
    for (id, number, invoice) in paid {
        let id = id.to_string();
        let invoice = invoice.unwrap_or_default();
        let texts = [
            ("order_confirmation", format!("Your order {number}")),
            ("invoice", format!("Invoice {invoice} for your order {number}")),
        ];
        for (template, subject) in texts {
            let count = sent.get(&(template, id.as_str())).copied().unwrap_or(0);
            if count != 1 {
                let found = format!("order {number}: {count} sent {template} rows");
                into.push(Violation { invariant: "every order.paid gives exactly one confirmation", found });
            }
            if !subjects.contains(subject.as_str()) {
                let found = format!("order {number}: no mail {subject:?}");
                into.push(Violation { invariant: "what is noted as sent went out", found });
            }
        }
    }
    for notice in notices.iter().filter(|notice| !went_out(&notice.status) && notice.status != "suppressed") {
        let found = format!("{} {} is {}", notice.template, notice.id, notice.status);
        into.push(Violation { invariant: "no notification is lost", found });
    }
    Ok(())
}

/// A provider took it, and may have told more since.
fn went_out(status: &str) -> bool {
    matches!(status, "sent" | "delivered")
}

/// Nobody has given up a message, and nothing waits any more.
pub(super) async fn queues(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    for waiting in books.waiting().await? {
        let is_dead = waiting.queue.ends_with("-dlq");
        let invariant = if is_dead { "no message is a dead letter" } else { "no message is left over" };
        into.push(Violation {
            invariant,
            found: format!("{}: {} messages", waiting.queue, waiting.messages),
        });
    }
    Ok(())
}
