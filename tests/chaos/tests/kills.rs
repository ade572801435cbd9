//! The short form of `make test-chaos`, and the proof that the checker can fail: a mutant for each invariant.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use chaos::{Books, Plan, check, run};
use localstack::Service;
use sqlx::PgPool;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_oversold_while_services_are_killed_and_every_mutant_is_caught() {
    let plan = Plan { kills: 5, seed: 7, buyers: 3, settle: Duration::from_mins(2) };
    let (outcome, mut stack, books) = run(plan, |_| ()).await.unwrap();
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
    assert!(outcome.acknowledged > 0, "nobody bought anything");
    // One send at most was in flight for each of the handlers of a killed notification service.
    assert!(outcome.doubled <= 16 * plan.kills as usize, "{} doubled mails", outcome.doubled);
    // Or its sweeper might mend a mutant before it is seen.
    stack.kill(Service::Order);
    mutants(&books).await;
    stack.stop().await.unwrap();
}

struct Mutant {
    invariant: &'static str,
    products: bool,
    /// Breaks the invariant, past the constraints that protect it.
    sql: &'static [&'static str],
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        invariant: "stock is never below zero",
        products: true,
        sql: &[
            "DO $$ DECLARE c text; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'inventory'::regclass AND contype = 'c'
             LOOP EXECUTE format('ALTER TABLE inventory DROP CONSTRAINT %I', c); END LOOP; END $$",
            "UPDATE inventory SET on_hand = -1 WHERE sku = (SELECT min(sku) FROM inventory)",
        ],
    },
    Mutant {
        invariant: "the ledger's sum equals on_hand",
        products: true,
        sql: &["UPDATE inventory SET on_hand = on_hand + 1 WHERE sku = (SELECT max(sku) FROM inventory)"],
    },
    Mutant {
        invariant: "reserved is what the held reservations hold",
        products: true,
        sql: &["UPDATE inventory SET reserved = reserved + 1 WHERE sku = (SELECT max(sku) FROM inventory WHERE on_hand > reserved)"],
    },
    Mutant {
        invariant: "a committed reservation took its stock exactly once",
        products: true,
        sql: &[
            "INSERT INTO inventory_movements (sku, quantity, cause, actor, reservation_id, occurred_at)
             SELECT sku, quantity, cause, actor, reservation_id, occurred_at FROM inventory_movements WHERE cause = 'commit' LIMIT 1",
        ],
    },
    Mutant {
        invariant: "an order's reservation follows its status",
        products: true,
        sql: &["UPDATE reservations SET status = 'released' WHERE id = (SELECT id FROM reservations WHERE status = 'committed' LIMIT 1)"],
    },
    Mutant {
        invariant: "every captured payment belongs to a paid order or has a full refund",
        products: false,
        sql: &["UPDATE orders SET status = 'expired' WHERE id = (SELECT id FROM orders WHERE status = 'paid' LIMIT 1)"],
    },
    Mutant {
        invariant: "never more is refunded than captured",
        products: false,
        sql: &[
            "DO $$ DECLARE c text; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'payments'::regclass AND contype = 'c'
             LOOP EXECUTE format('ALTER TABLE payments DROP CONSTRAINT %I', c); END LOOP; END $$",
            "UPDATE payments SET refunded = captured + 1 WHERE id = (SELECT min(id::text)::uuid FROM payments WHERE captured > 0)",
        ],
    },
    Mutant {
        invariant: "what the provider collected is what we captured",
        products: false,
        sql: &["INSERT INTO test_provider_payments VALUES (gen_random_uuid(), 'tok_success', 1, 'EUR', 'captured')"],
    },
    Mutant {
        invariant: "an order is charged once",
        products: false,
        sql: &[
            "DROP INDEX payments_one_live",
            "INSERT INTO payments SELECT gen_random_uuid(), order_id, provider, token, status, currency, amount, captured, 0, NULL, created_at, updated_at
             FROM payments WHERE captured > 0 LIMIT 1",
        ],
    },
    Mutant {
        invariant: "a paid order is paid by a captured payment of its whole total",
        products: false,
        sql: &["UPDATE orders SET grand_total = grand_total + 1 WHERE id = (SELECT id FROM orders WHERE status = 'paid' LIMIT 1)"],
    },
    Mutant {
        invariant: "every order.paid gives exactly one invoice",
        products: false,
        sql: &["UPDATE invoices SET issued_at = NULL WHERE id = (SELECT id FROM invoices LIMIT 1)"],
    },
    Mutant {
        invariant: "invoice numbers are gap-free",
        products: false,
        sql: &["DELETE FROM invoices WHERE sequence = 1"],
    },
    Mutant {
        invariant: "no order waits after its time",
        products: false,
        sql: &["UPDATE orders SET status = 'pending_payment', expires_at = now() - interval '1 minute'
             WHERE id = (SELECT id FROM orders WHERE status = 'expired' LIMIT 1)"],
    },
    Mutant {
        invariant: "no outbox row stays longer than a minute",
        products: false,
        sql: &[
            "INSERT INTO outbox (id, destination_kind, destination, body, attributes, created_at, claimed_until)
             VALUES (gen_random_uuid(), 'topic', 'domain-events', '{}', '[]', now() - interval '2 minutes', 'infinity')",
        ],
    },
];

async fn caught(books: &Books, invariant: &str) {
    let violations = check(books).await.unwrap();
    assert!(
        violations.iter().any(|violation| violation.invariant == invariant),
        "the mutant of {invariant:?} is not caught"
    );
}

/// Breaks one invariant after the other; each must be seen. They are not undone: the books are thrown away.
async fn mutants(books: &Books) {
    let notices = books.notices().await.unwrap();
    let confirmation = notices.iter().find(|notice| notice.template == "order_confirmation").unwrap();
    books.copy_notice(&confirmation.id, "copy").await.unwrap();
    caught(books, "every order.paid gives exactly one confirmation").await;
    books.remove_notice("copy").await.unwrap();
    assert!(check(books).await.unwrap().is_empty());
    books.remove_notice(&confirmation.id).await.unwrap();
    caught(books, "every order.paid gives exactly one confirmation").await;
    for mutant in MUTANTS {
        let pool: &PgPool = if mutant.products { &books.products } else { &books.orders };
        for statement in mutant.sql {
            sqlx::query(*statement).execute(pool).await.unwrap();
        }
        caught(books, mutant.invariant).await;
    }
}
