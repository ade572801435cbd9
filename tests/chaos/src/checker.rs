//! The invariants of the shop, each a question to the books. What it answers is a violation.

use std::collections::HashMap;
use std::fmt;

use anyhow::Result;
use sqlx::PgPool;

use crate::books::{Books, Notice};

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static str,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.found)
    }
}

/// Questions to the product service's database; each row of an answer is a violation.
const PRODUCTS: &[(&str, &str)] = &[
    (
        "stock is never below zero",
        "SELECT format('%s: on_hand %s, reserved %s', sku, on_hand, reserved) FROM inventory
         WHERE on_hand < 0 OR reserved < 0 OR on_hand < reserved",
    ),
    (
        "the ledger's sum equals on_hand",
        "SELECT format('%s: on_hand %s, ledger %s', i.sku, i.on_hand, coalesce(sum(m.quantity), 0))
         FROM inventory i LEFT JOIN inventory_movements m ON m.sku = i.sku GROUP BY i.sku, i.on_hand
         HAVING i.on_hand <> coalesce(sum(m.quantity), 0)",
    ),
    (
        "reserved is what the held reservations hold",
        "SELECT format('%s: reserved %s, held %s', i.sku, i.reserved, coalesce(h.held, 0)) FROM inventory i
         LEFT JOIN (SELECT l.sku, sum(l.quantity) AS held FROM reservation_lines l
                    JOIN reservations r ON r.id = l.reservation_id WHERE r.status = 'held' GROUP BY l.sku) h ON h.sku = i.sku
         WHERE i.reserved <> coalesce(h.held, 0)",
    ),
    (
        "a committed reservation took its stock exactly once",
        "SELECT format('%s %s: lines %s, ledger %s', l.reservation_id, l.sku, l.quantity, coalesce(sum(m.quantity), 0))
         FROM reservation_lines l JOIN reservations r ON r.id = l.reservation_id AND r.status = 'committed'
         LEFT JOIN inventory_movements m ON m.reservation_id = l.reservation_id AND m.sku = l.sku
         GROUP BY l.reservation_id, l.sku, l.quantity HAVING coalesce(sum(m.quantity), 0) <> -l.quantity",
    ),
];

/// Questions to the order service's database.
const ORDERS: &[(&str, &str)] = &[
    (
        "every captured payment belongs to a paid order or has a full refund",
        "SELECT format('payment %s of order %s (%s)', p.id, o.number, o.status) FROM payments p JOIN orders o ON o.id = p.order_id
         WHERE p.captured > 0 AND o.status NOT IN ('paid', 'processing', 'shipped', 'delivered')
           AND (SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status <> 'failed') < p.captured",
    ),
    (
        "never more is refunded than captured",
        "SELECT format('payment %s', id) FROM payments WHERE captured - refunded < 0",
    ),
    (
        "what the provider collected is what we captured",
        "SELECT format('payment %s: provider %s, ours %s', coalesce(t.id, p.id), coalesce(t.status, 'unknown'), coalesce(p.status, 'unknown'))
         FROM (SELECT * FROM test_provider_payments WHERE status = 'captured') t
         FULL JOIN (SELECT * FROM payments WHERE captured > 0) p ON p.id = t.id
         WHERE t.id IS NULL OR p.id IS NULL OR t.amount <> p.captured",
    ),
    (
        "an order is charged once",
        "SELECT format('order %s: %s charges', order_id, count(*)) FROM payments WHERE captured > 0
         GROUP BY order_id HAVING count(*) > 1",
    ),
    (
        "a paid order is paid by a captured payment of its whole total",
        "SELECT format('order %s', o.number) FROM orders o WHERE o.status = 'paid'
           AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.captured = o.grand_total)",
    ),
    (
        "every order.paid gives exactly one invoice",
        "SELECT format('order %s: %s events, %s invoices', o.number, e.told, i.issued) FROM orders o
         CROSS JOIN LATERAL (SELECT count(*) AS told FROM order_events e WHERE e.order_id = o.id AND e.type = 'order.paid') e
         CROSS JOIN LATERAL (SELECT count(*) AS issued FROM invoices i WHERE i.order_id = o.id AND i.issued_at IS NOT NULL) i
         WHERE e.told <> i.issued OR e.told > 1 OR (o.status = 'paid') <> (e.told = 1)",
    ),
    (
        "invoice numbers are gap-free",
        "SELECT format('%s %s: %s numbers up to %s, %s given out', i.series, i.year, count(*), max(i.sequence), max(s.last_number))
         FROM invoices i JOIN invoice_series s ON s.series = i.series AND s.year = i.year
         GROUP BY i.series, i.year HAVING count(*) <> max(i.sequence) OR max(i.sequence) <> max(s.last_number)",
    ),
    ("no order waits after its time", "SELECT format('order %s', number) FROM orders WHERE status = 'pending_payment' AND expires_at < now()"),
];

const OUTBOX: (&str, &str) = (
    "no outbox row stays longer than a minute",
    "SELECT format('message %s, %s tries', id, attempts) FROM outbox WHERE created_at < now() - interval '1 minute'",
);

/// Everything that must never be and is.
///
/// # Errors
/// The books cannot be read.
pub async fn check(books: &Books) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    ask(&books.products, PRODUCTS, &mut violations).await?;
    ask(&books.orders, ORDERS, &mut violations).await?;
    for pool in [&books.orders, &books.users] {
        ask(pool, &[OUTBOX], &mut violations).await?;
    }
    reservations(books, &mut violations).await?;
    confirmations(books, &mut violations).await?;
    Ok(violations)
}

async fn ask(
    pool: &PgPool,
    questions: &[(&'static str, &'static str)],
    into: &mut Vec<Violation>,
) -> Result<()> {
    for (invariant, sql) in questions {
        let found: Vec<(String,)> = sqlx::query_as(*sql).fetch_all(pool).await?;
        into.extend(found.into_iter().map(|(found,)| Violation { invariant, found }));
    }
    Ok(())
}

/// Every paid order has one committed reservation, and no other order has any stock.
async fn reservations(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let rows: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("SELECT id, status FROM reservations").fetch_all(&books.products).await?;
    let reserved: HashMap<_, _> = rows.into_iter().collect();
    let orders: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("SELECT id, status FROM orders").fetch_all(&books.orders).await?;
    for (id, status) in orders {
        let reservation = reserved.get(&id).map_or("none", String::as_str);
        let fits = match status.as_str() {
            "paid" => reservation == "committed",
            "expired" | "cancelled" => matches!(reservation, "released" | "expired"),
            _ => true,
        };
        if !fits {
            let found = format!("order {id} is {status}, its reservation {reservation}");
            into.push(Violation { invariant: "an order's reservation follows its status", found });
        }
    }
    Ok(())
}

/// Every `order.paid` gives exactly one confirmation, and every notification reaches its end.
async fn confirmations(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let notices = books.notices().await?;
    let paid: Vec<(uuid::Uuid,)> =
        sqlx::query_as("SELECT order_id FROM order_events WHERE type = 'order.paid'")
            .fetch_all(&books.orders)
            .await?;
    for (id,) in paid {
        for template in ["order_confirmation", "invoice"] {
            let about =
                |notice: &&Notice| notice.template == template && notice.order_id == Some(id.to_string());
            let count = notices.iter().filter(about).filter(|notice| notice.status == "sent").count();
            if count != 1 {
                let found = format!("order {id}: {count} sent {template} rows");
                into.push(Violation { invariant: "every order.paid gives exactly one confirmation", found });
            }
        }
    }
    for notice in notices.iter().filter(|notice| !matches!(notice.status.as_str(), "sent" | "suppressed")) {
        let found = format!("{} {} is {}", notice.template, notice.id, notice.status);
        into.push(Violation { invariant: "no notification is lost", found });
    }
    Ok(())
}
