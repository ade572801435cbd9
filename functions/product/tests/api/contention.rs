use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Shop, product, reservation, variant};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_buyers_racing_for_ten_pieces_ten_get_one_and_forty_hear_why_not() {
    let shop = Shop::with_stock(&[10]).await;
    let answers = join_all((0..50).map(|_| shop.reserve(shop.id(), &[("A", 1)]))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 10);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        let problem = refused.expect_problem(409, "insufficient_stock");
        assert_eq!(problem["lines"], json!([{ "sku": "A", "requested": 1, "available": 0 }]));
    }
    assert_eq!(shop.stock("A").await, (10, 10));
    shop.invariants().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_of_the_same_lines_in_opposite_orders_never_deadlock() {
    let shop = Shop::with_stock(&[10_000, 10_000, 10_000]).await;
    let orders = (0..120).map(|at| {
        let shop = &shop;
        async move {
            let id = shop.id();
            let lines =
                if at % 2 == 0 { [("A", 1), ("B", 2), ("C", 3)] } else { [("C", 1), ("B", 2), ("A", 3)] };
            let _ = shop.reserve(id, &lines).await.expect(201);
            let _ = if at % 3 == 0 { shop.release(id).await } else { shop.commit(id).await }.expect(200);
        }
    });
    join_all(orders).await;
    let retried: i64 =
        sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .fetch_one(shop.db.pool())
            .await
            .unwrap();
    assert_eq!(retried, 0);
    shop.invariants().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_reservation_sent_many_times_at_once_is_made_once() {
    let shop = Shop::with_stock(&[3]).await;
    let id = shop.id();
    let answers = join_all((0..20).map(|_| shop.reserve(id, &[("A", 2)]))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 19, "{statuses:?}");
    assert_eq!(shop.stock("A").await, (3, 2));
    let commits = join_all((0..20).map(|_| shop.commit(id))).await;
    assert!(commits.iter().all(|answer| answer.status == 200));
    assert_eq!(shop.stock("A").await, (1, 0));
    shop.invariants().await;
}

/// No transaction was ever a deadlock's victim.
async fn no_deadlock(shop: &Shop) {
    let deadlocks: i64 =
        sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .fetch_one(shop.db.pool())
            .await
            .unwrap();
    assert_eq!(deadlocks, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_buyers_of_one_sku_as_many_get_it_as_there_are_pieces() {
    let shop = Shop::with_stock(&[120]).await;
    let buyers = (0..200).map(|_| {
        let shop = &shop;
        async move {
            let id = shop.id();
            let reserved = shop.reserve(id, &[("A", 1)]).await;
            if reserved.status != 201 {
                reserved.expect_problem(409, "insufficient_stock");
                return false;
            }
            let _ = shop.commit(id).await.expect(200);
            true
        }
    });
    let sold = join_all(buyers).await.into_iter().filter(|sold| *sold).count();
    assert_eq!(sold, 120);
    assert_eq!(shop.stock("A").await, (0, 0));
    no_deadlock(&shop).await;
    shop.invariants().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_buyers_of_a_thousand_skus_in_any_order_all_get_what_there_is() {
    let shop = Shop::open().await;
    let lines: Vec<_> = (0..1000)
        .map(|at| {
            let mut line = product(&format!("thing-{at}"), &format!("Thing {at}"), 1000);
            line["variants"] = json!([variant(&format!("S{at}"), 3)]);
            line
        })
        .collect();
    shop.load(&lines).await.unwrap();
    let mut dice = Dice(7);
    let carts: Vec<Vec<String>> = (0..200)
        .map(|_| {
            let mut cart: Vec<String> = (0..5).map(|_| format!("S{}", dice.roll(1000))).collect();
            cart.push(format!("S{}", dice.roll(3)));
            cart.sort();
            cart.dedup();
            if dice.roll(2) == 0 {
                cart.reverse();
            }
            cart
        })
        .collect();
    let buyers = carts.iter().map(|cart| {
        let shop = &shop;
        async move {
            let id = shop.id();
            let lines: Vec<(&str, i64)> = cart.iter().map(|sku| (sku.as_str(), 1)).collect();
            let reserved = shop.reserve(id, &lines).await;
            if reserved.status != 201 {
                reserved.expect_problem(409, "insufficient_stock");
                return 0;
            }
            let _ = shop.commit(id).await.expect(200);
            1
        }
    });
    let sold: usize = join_all(buyers).await.into_iter().sum();
    // Of the three that everybody wants there are nine pieces.
    assert!((1..=9).contains(&sold), "{sold}");
    no_deadlock(&shop).await;
    shop.invariants().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_sell_the_same_stock_without_selling_it_twice() {
    let shop = Shop::with_stock(&[40, 40]).await;
    let others = [shop.another_process(), shop.another_process()];
    let orders = (0..150).map(|at| {
        let app = if at % 3 == 0 { &shop.app } else { &others[at % 3 - 1] };
        let (id, lines) = (shop.id(), if at % 2 == 0 { [("A", 1), ("B", 1)] } else { [("B", 1), ("A", 1)] });
        let call = app.post("/internal/reservations").as_service("order", "reservations");
        call.json(&reservation(id, &lines)).send()
    });
    let answers = join_all(orders).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, refused), (40, 110));
    no_deadlock(&shop).await;
    shop.invariants().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_a_batch_hears_its_own_answer() {
    let shop = Shop::with_stock(&[10, 1]).await;
    let (twice, known) = (shop.id(), shop.id());
    let _ = shop.reserve(known, &[("A", 1)]).await.expect(201);
    // Somebody else holds the row, so that all of these wait for it together.
    let mut somebody = shop.db.another_pool().begin().await.unwrap();
    sqlx::query("SELECT 1 FROM inventory WHERE sku = 'A' FOR UPDATE").execute(&mut *somebody).await.unwrap();
    let orders: Vec<(Uuid, &[(&str, i64)])> = vec![
        (shop.id(), &[("A", 1)]),
        (twice, &[("A", 2)]),
        (twice, &[("A", 2)]),
        (twice, &[("A", 3)]),
        (known, &[("A", 1)]),
        (shop.id(), &[("B", 2), ("A", 1)]),
        (shop.id(), &[("A", 7)]),
        (shop.id(), &[("A", 6), ("B", 1)]),
    ];
    let answers = tokio::join!(join_all(orders.iter().map(|(id, lines)| shop.reserve(*id, lines))), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        somebody.commit().await.unwrap();
    });
    let heard: Vec<u16> = answers.0.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(heard, [201, 201, 200, 409, 200, 409, 409, 201]);
    answers.0[3].expect_problem(409, "reservation_mismatch");
    let lines = json!([{ "sku": "B", "requested": 2, "available": 1 }]);
    assert_eq!(answers.0[5].expect_problem(409, "insufficient_stock")["lines"], lines);
    let lines = json!([{ "sku": "A", "requested": 7, "available": 6 }]);
    assert_eq!(answers.0[6].expect_problem(409, "insufficient_stock")["lines"], lines);
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((10, 10), (1, 1)));
    shop.invariants().await;
}

/// A small generator of its own (an LCG), so that a failing seed can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_books_are_right_after_any_interleaving() {
    for seed in 1..=4 {
        let shop = Shop::with_stock(&[20, 15, 10]).await;
        let mut dice = Dice(seed);
        let ids: Vec<Uuid> = (0..12).map(|_| shop.id()).collect();
        for _round in 0..12 {
            let steps: Vec<Step> = (0..12)
                .map(|_| {
                    let id = ids[usize::try_from(dice.roll(12)).unwrap()];
                    let mut lines: Vec<(&str, i64)> =
                        ["A", "B", "C"].map(|sku| (sku, i64::try_from(dice.roll(6)).unwrap() - 1)).to_vec();
                    lines.retain(|(_, quantity)| *quantity > 0);
                    if dice.roll(2) == 0 {
                        lines.reverse();
                    }
                    (dice.roll(9), id, lines)
                })
                .collect();
            join_all(steps.iter().map(|step| take(&shop, step))).await;
            shop.invariants().await;
            shop.clock.advance(400);
        }
    }
}

/// What to do, to which reservation, with which lines.
type Step = (u64, Uuid, Vec<(&'static str, i64)>);

async fn take(shop: &Shop, (step, id, lines): &Step) {
    let answer = match step {
        0..=3 if lines.is_empty() => return,
        0..=3 => shop.reserve(*id, lines).await,
        4..=5 => shop.commit(*id).await,
        6..=7 => shop.release(*id).await,
        _ => {
            shop.expire().await;
            return;
        }
    };
    assert!(answer.status.as_u16() < 500 && answer.status != 422, "{}", answer.json());
}
