//! Stripe's books beside ours.

use std::collections::HashMap;

use anyhow::Result;
use uuid::Uuid;

use super::Violation;
use crate::books::Books;
use crate::till::Collected;

/// What it collected is what we captured, what it gave back is what we refunded, each order is charged once, and nobody can
/// pay any more for what is over.
pub(super) async fn agree(books: &Books, into: &mut Vec<Violation>) -> Result<()> {
    let rows: Vec<(Uuid, i64, i64)> =
        sqlx::query_as("SELECT id, captured, refunded FROM payments WHERE provider = 'stripe'")
            .fetch_all(&books.orders)
            .await?;
    let mut ours: HashMap<Uuid, (i64, i64)> =
        rows.into_iter().map(|(id, captured, refunded)| (id, (captured, refunded))).collect();
    let open: Vec<(Uuid,)> = sqlx::query_as("SELECT id FROM orders WHERE status = 'pending_payment'")
        .fetch_all(&books.orders)
        .await?;
    let mut charges: HashMap<Uuid, u32> = HashMap::new();
    for Collected { intent, status, payment, order, captured, refunded } in books.till.books() {
        let (we_captured, we_refunded) = ours.remove(&payment).unwrap_or_default();
        let mut violation = |invariant, found| into.push(Violation { invariant, found });
        if captured != we_captured {
            let found = format!("{intent}: Stripe {captured}, ours {we_captured}");
            violation("what Stripe collected is what we captured", found);
        }
        if refunded != we_refunded {
            let found = format!("{intent}: Stripe {refunded}, ours {we_refunded}");
            violation("what Stripe gave back is what we refunded", found);
        }
        let is_over = matches!(status, "succeeded" | "canceled");
        if !is_over && !open.contains(&(order,)) {
            let found = format!("{intent} is {status}, order {order} has ended");
            violation("nobody can pay any more for an order that has ended", found);
        }
        let count = charges.entry(order).or_default();
        *count += u32::from(captured > 0);
        if captured > 0 && *count > 1 {
            violation("Stripe charges an order once", format!("{intent}: another charge for {order}"));
        }
    }
    for (payment, (captured, _)) in ours.into_iter().filter(|(_, (captured, _))| *captured > 0) {
        let found = format!("payment {payment}: Stripe does not know it, ours {captured}");
        into.push(Violation { invariant: "what Stripe collected is what we captured", found });
    }
    Ok(())
}
