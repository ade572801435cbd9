//! The short form of `make test-chaos`, and the proof that the checker can fail: a mutant for each invariant.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use chaos::{Books, Plan, Told, check, check_databases, run};
use localstack::Service;
use sqlx::PgPool;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_oversold_whatever_fails_and_every_mutant_is_caught() {
    let plan = Plan::short(7);
    let (outcome, mut shop) = Box::pin(run(plan, |line| println!("{line}"))).await.unwrap();
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
    println!(
        "settled after {:?}, {} retries, {} answers lost",
        outcome.settled, outcome.retries, outcome.lost
    );
    // Or nothing has gone wrong.
    assert!(outcome.placed >= plan.orders / 2, "only {} orders were placed", outcome.placed);
    assert!(
        outcome.kills >= plan.kills && outcome.lost > 0,
        "{} kills, {} lost",
        outcome.kills,
        outcome.lost
    );
    let sayings = &outcome.told.sayings;
    assert!(sayings.iter().any(|saying| saying.again), "nothing was sent again");
    // One send at most was in flight for each of the handlers of a killed notification service.
    assert!(outcome.doubled <= 16 * outcome.kills as usize, "{} doubled mails", outcome.doubled);
    // Or their sweepers and consumers might mend a mutant before it is seen.
    for service in Service::ALL {
        shop.stack.kill(service);
    }
    let told = outcome.told;
    buyers(&shop.books, &told).await;
    notices(&shop.books, &told).await;
    queues(&shop.books, &told).await;
    stripe(&shop.books, &told).await;
    for pool in [&shop.books.products, &shop.books.orders] {
        sqlx::query(UNPROTECT).execute(pool).await.unwrap();
    }
    for mutant in MUTANTS {
        let pool: &PgPool = if mutant.products { &shop.books.products } else { &shop.books.orders };
        caught(&shop.books, &told, mutant.invariant, async {
            for statement in mutant.sql {
                sqlx::query(*statement).execute(pool).await.unwrap();
            }
        })
        .await;
    }
    shop.close().await.unwrap();
}

/// What only a look beyond the databases shows.
const BEYOND: [&str; 5] = [
    "every order.paid gives exactly one confirmation",
    "what is noted as sent went out",
    "no notification is lost",
    "no message is left over",
    "no message is a dead letter",
];

/// Breaks an invariant, which must be seen: mutants are not undone, so what counts is what was not there before.
async fn caught(books: &Books, told: &Told, invariant: &str, mutate: impl Future<Output = ()>) {
    let before = violations(books, told, invariant).await;
    mutate.await;
    let after = violations(books, told, invariant).await;
    assert!(after.difference(&before).next().is_some(), "the mutant of {invariant:?} is not caught");
}

async fn violations(books: &Books, told: &Told, invariant: &str) -> HashSet<String> {
    let beyond = BEYOND.contains(&invariant);
    let found = if beyond { check(books, told).await } else { check_databases(books, told).await };
    found.unwrap().into_iter().filter(|found| found.invariant == invariant).map(|found| found.found).collect()
}

/// What buyers were told is not what is there.
async fn buyers(books: &Books, told: &Told) {
    let placed = told.sayings.iter().position(|saying| saying.order.is_some() && !saying.again).unwrap();
    let invented = |change: &dyn Fn(&mut chaos::Saying)| {
        let mut told = told.clone();
        let mut saying = told.sayings[placed].clone();
        change(&mut saying);
        told.sayings.push(saying);
        told
    };
    let order = |saying: &mut chaos::Saying, change: &dyn Fn(&mut chaos::Order)| {
        change(saying.order.as_mut().unwrap());
    };
    let strangers: [(&str, Told); 6] = [
        (
            "an order is kept as its buyer was told of it",
            invented(&|saying| {
                "lost".clone_into(&mut saying.key);
                order(saying, &|order| order.id = Uuid::nil());
            }),
        ),
        (
            "all answers to one idempotency key are the same",
            invented(&|saying| order(saying, &|order| order.id = Uuid::nil())),
        ),
        (
            "a request that was answered is not done again",
            invented(&|saying| (saying.again, saying.replayed) = (true, false)),
        ),
        (
            "an order is placed or refused for want of stock",
            invented(&|saying| {
                "strange".clone_into(&mut saying.key);
                (saying.status, saying.order) = (404, None);
            }),
        ),
        (
            "an order belongs to one idempotency key",
            invented(&|saying| "another".clone_into(&mut saying.key)),
        ),
        ("there is no order that nobody was told of", {
            let id = told.sayings[placed].order.as_ref().unwrap().id;
            let mut told = told.clone();
            told.sayings.retain(|saying| saying.order.as_ref().is_none_or(|order| order.id != id));
            told
        }),
    ];
    for (invariant, told) in strangers {
        assert!(
            !violations(books, &told, invariant).await.is_empty(),
            "the mutant of {invariant:?} is not caught"
        );
    }
}

async fn notices(books: &Books, told: &Told) {
    let notices = books.notices().await.unwrap();
    let confirmation = notices.iter().find(|notice| notice.template == "order_confirmation").unwrap();
    let invariant = "every order.paid gives exactly one confirmation";
    caught(books, told, invariant, async { books.copy_notice(&confirmation.id, "copy").await.unwrap() })
        .await;
    books.remove_notice("copy").await.unwrap();
    assert!(check(books, told).await.unwrap().is_empty());
    caught(books, told, "no notification is lost", async {
        books.copy_notice_as(&confirmation.id, "copy", "sending").await.unwrap();
    })
    .await;
    caught(books, told, invariant, async { books.remove_notice(&confirmation.id).await.unwrap() }).await;
}

async fn queues(books: &Books, told: &Told) {
    for (invariant, queue) in [
        ("no message is left over", "order-events"),
        ("no message is a dead letter", "notification-events-dlq"),
    ] {
        caught(books, told, invariant, async { books.send(queue, "{}").await.unwrap() }).await;
    }
}

/// Stripe's books change behind our back.
async fn stripe(books: &Books, told: &Told) {
    let all = books.till.books();
    // What a canceled order has back already cannot be given back a second time.
    let mut paid =
        all.iter().filter(|intent| intent.status == "succeeded" && intent.refunded < intent.captured);
    let (one, other) = (paid.next().unwrap(), paid.next().unwrap());
    let till = &books.till;
    let mutants: [(&str, &dyn Fn()); 4] = [
        ("what Stripe collected is what we captured", &|| till.collect_more(&one.intent)),
        ("what Stripe gave back is what we refunded", &|| till.give_back(&one.intent)),
        ("Stripe charges an order once", &|| till.charge_for(&one.intent, other.order)),
        ("nobody can pay any more for an order that has ended", &|| till.reopen(&other.intent)),
    ];
    for (invariant, mutate) in mutants {
        caught(books, told, invariant, async { mutate() }).await;
    }
}

/// The databases refuse most mutants: without their checks they do not.
const UNPROTECT: &str = "DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.place, c.conname); END LOOP; END $$";

struct Mutant {
    invariant: &'static str,
    products: bool,
    /// Breaks the invariant, past the constraints that protect it.
    sql: &'static [&'static str],
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        invariant: "an order is kept as its buyer was told of it",
        products: false,
        sql: &["UPDATE order_lines SET quantity = quantity + 1 WHERE id = (SELECT id FROM order_lines LIMIT 1)"],
    },
    Mutant {
        invariant: "there is no order that nobody was told of",
        products: false,
        sql: &["INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'number', 'C-twice', 'status', 'expired'))).*
             FROM orders o LIMIT 1"],
    },
    Mutant {
        invariant: "an order's total is the sum of its parts",
        products: false,
        sql: &["UPDATE orders SET shipping_total = shipping_total + 1 WHERE id = (SELECT id FROM orders LIMIT 1)"],
    },
    Mutant {
        invariant: "what is noted as sent went out",
        products: false,
        sql: &["UPDATE orders SET number = 'C-unheard' WHERE id = (SELECT order_id FROM order_events WHERE type = 'order.paid' LIMIT 1)"],
    },
    Mutant {
        invariant: "what was delivered is on the shelf or sold",
        products: false,
        sql: &["UPDATE order_lines SET quantity = quantity + 1
             WHERE id = (SELECT l.id FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.status = 'paid' LIMIT 1)"],
    },
    Mutant {
        invariant: "stock is never below zero",
        products: true,
        sql: &[
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
             SELECT sku, quantity, cause, actor, reservation_id, occurred_at FROM inventory_movements
             WHERE cause = 'commit' AND reservation_id = (SELECT id FROM reservations WHERE status = 'committed' LIMIT 1) LIMIT 1",
        ],
    },
    Mutant {
        invariant: "an order's reservation follows its status",
        products: true,
        sql: &["UPDATE reservations SET status = 'released' WHERE status = 'committed'"],
    },
    Mutant {
        invariant: "no stock is taken for an order that there is not",
        products: true,
        sql: &["INSERT INTO reservations VALUES (gen_random_uuid(), 'held', now() + interval '1 hour', now(), now())"],
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
            "ALTER TABLE payments DISABLE TRIGGER payments_refunded",
            "UPDATE payments SET refunded = captured + 1 WHERE id = (SELECT min(id::text)::uuid FROM payments WHERE captured > 0)",
        ],
    },
    Mutant {
        invariant: "what the provider collected is what we captured",
        products: false,
        sql: &["INSERT INTO test_provider_payments VALUES (gen_random_uuid(), 'tok_success', 1, 'EUR', 'captured')"],
    },
    Mutant {
        invariant: "what the provider gave back is what we refunded",
        products: false,
        sql: &["INSERT INTO test_provider_refunds SELECT gen_random_uuid(), id, 1 FROM test_provider_payments LIMIT 1"],
    },
    Mutant {
        invariant: "no refund stays undone",
        products: false,
        sql: &["INSERT INTO refunds SELECT gen_random_uuid(), id, 1, 'requested', 'mutant', now() FROM payments WHERE captured > 0 LIMIT 1"],
    },
    Mutant {
        invariant: "no payment stays open when its order has ended",
        products: false,
        sql: &["UPDATE payments SET status = 'processing'
             WHERE id = (SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.captured > 0 AND o.status = 'paid' LIMIT 1)"],
    },
    Mutant {
        invariant: "an order is charged once",
        products: false,
        sql: &[
            "DROP INDEX payments_one_live",
            "INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'provider_ref', NULL))).*
             FROM payments p WHERE captured > 0 LIMIT 1",
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
             WHERE id = (SELECT id FROM orders LIMIT 1)"],
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
