//! Those that a database answers by itself; each row of an answer is a violation.

/// Questions to the product service's database; each row of an answer is a violation.
pub(super) const PRODUCTS: &[(&str, &str)] = &[
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
        "SELECT format('%s %s: lines %s, returned %s, ledger %s', l.reservation_id, l.sku, l.quantity, l.returned, coalesce(sum(m.quantity), 0))
         FROM reservation_lines l JOIN reservations r ON r.id = l.reservation_id AND r.status = 'committed'
         LEFT JOIN inventory_movements m ON m.reservation_id = l.reservation_id AND m.sku = l.sku
         GROUP BY l.reservation_id, l.sku, l.quantity, l.returned HAVING coalesce(sum(m.quantity), 0) <> l.returned - l.quantity",
    ),
];

/// Questions to the order service's database.
pub(super) const ORDERS: &[(&str, &str)] = &[
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
         FULL JOIN (SELECT * FROM payments WHERE captured > 0 AND provider = 'test') p ON p.id = t.id
         WHERE t.id IS NULL OR p.id IS NULL OR t.amount <> p.captured",
    ),
    (
        "what the provider gave back is what we refunded",
        "SELECT format('refund %s: provider %s, ours %s', coalesce(t.id, r.id), coalesce(t.amount, 0), coalesce(r.amount, 0))
         FROM test_provider_refunds t
         FULL JOIN (SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id
                    WHERE r.status = 'done' AND p.provider = 'test') r ON r.id = t.id
         WHERE t.id IS NULL OR r.id IS NULL OR t.amount <> r.amount",
    ),
    ("no refund stays undone", "SELECT format('refund %s is %s', id, status) FROM refunds WHERE status <> 'done'"),
    (
        "no payment stays open when its order has ended",
        "SELECT format('payment %s is %s, order %s is %s', p.id, p.status, o.number, o.status)
         FROM payments p JOIN orders o ON o.id = p.order_id
         WHERE o.status <> 'pending_payment' AND p.status IN ('created', 'requires_action', 'processing', 'authorized', 'unknown')",
    ),
    (
        "an order is charged once",
        "SELECT format('order %s: %s charges', order_id, count(*)) FROM payments WHERE captured > 0
         GROUP BY order_id HAVING count(*) > 1",
    ),
    (
        "a paid order is paid by a captured payment of its whole total",
        "SELECT format('order %s', o.number) FROM orders o WHERE o.status IN ('paid', 'processing', 'shipped', 'delivered')
           AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.captured = o.grand_total)",
    ),
    (
        "every order.paid gives exactly one invoice",
        "SELECT format('order %s: %s events, %s invoices', o.number, e.told, i.issued) FROM orders o
         CROSS JOIN LATERAL (SELECT count(*) AS told FROM order_events e WHERE e.order_id = o.id AND e.type = 'order.paid') e
         CROSS JOIN LATERAL (SELECT count(*) AS issued FROM invoices i WHERE i.order_id = o.id AND i.issued_at IS NOT NULL) i
         WHERE e.told <> i.issued OR e.told > 1 OR (o.status IN ('pending_payment', 'expired') AND e.told > 0)
            OR (o.status IN ('paid', 'processing', 'shipped', 'delivered') AND e.told = 0)",
    ),
    (
        "invoice numbers are gap-free",
        "SELECT format('%s %s: %s numbers up to %s, %s given out', i.series, i.year, count(*), max(i.sequence), max(s.last_number))
         FROM invoices i JOIN invoice_series s ON s.series = i.series AND s.year = i.year
         GROUP BY i.series, i.year HAVING count(*) <> max(i.sequence) OR max(i.sequence) <> max(s.last_number)",
    ),
    ("no order waits after its time", "SELECT format('order %s', number) FROM orders WHERE status = 'pending_payment' AND expires_at < now()"),
    (
        "an order's total is the sum of its parts",
        "SELECT format('order %s: %s', o.number, o.grand_total) FROM orders o
         LEFT JOIN (SELECT order_id, sum(total) AS lines FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
         WHERE coalesce(l.lines, 0) + o.shipping_total + CASE WHEN o.prices_include_tax THEN 0 ELSE o.tax_total END <> o.grand_total",
    ),
];

pub(super) const OUTBOX: (&str, &str) = (
    "no outbox row stays longer than a minute",
    "SELECT format('message %s, %s tries', id, attempts) FROM outbox WHERE created_at < now() - interval '1 minute'",
);
