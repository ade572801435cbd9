//! The books against a model: whatever happens to stock, in whatever order.

use std::collections::BTreeMap;

use cartwright_types::{Role, UserId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use uuid::Uuid;

use crate::support::Shop;

const SKUS: [&str; 5] = ["A", "B", "C", "D", "E"];
/// Seconds that a reservation lives in these tests' shop.
const LIFE: i64 = 1800;

/// Something that happens. Reservations are named by a number.
#[derive(Debug, Clone)]
enum Step {
    Reserve(usize, Vec<(usize, i64)>),
    Commit(usize),
    Release(usize),
    Wait(i64),
    Expire,
    Adjust(usize, i64),
    Set(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let lines = proptest::collection::btree_map(0..SKUS.len(), 1..6_i64, 1..4);
    prop_oneof![
        4 => (0..8_usize, lines).prop_map(|(id, lines)| Step::Reserve(id, lines.into_iter().rev().collect())),
        3 => (0..8_usize).prop_map(Step::Commit),
        2 => (0..8_usize).prop_map(Step::Release),
        1 => (100..2000_i64).prop_map(Step::Wait),
        1 => Just(Step::Expire),
        2 => (0..SKUS.len(), -9..10_i64).prop_map(|(sku, by)| Step::Adjust(sku, if by == 0 { 1 } else { by })),
        1 => (0..SKUS.len(), 0..15_i64).prop_map(|(sku, to)| Step::Set(sku, to)),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Held,
    Committed,
    Released,
    Expired,
}

struct Held {
    lines: Vec<(usize, i64)>,
    status: Status,
    expires_at: i64,
}

/// The rules in their simplest form, one thing after the other.
struct Model {
    on_hand: [i64; 5],
    reservations: BTreeMap<usize, Held>,
    now: i64,
}

impl Model {
    fn reserved(&self, sku: usize) -> i64 {
        let held = self.reservations.values().filter(|held| held.status == Status::Held);
        held.flat_map(|held| &held.lines).filter(|line| line.0 == sku).map(|line| line.1).sum()
    }

    fn fits(&self, lines: &[(usize, i64)]) -> bool {
        lines.iter().all(|(sku, quantity)| self.on_hand[*sku] - self.reserved(*sku) >= *quantity)
    }

    /// The status that the service must answer with.
    fn take(&mut self, step: &Step) -> u16 {
        match step {
            Step::Reserve(id, lines) => match self.reservations.get(id) {
                Some(known) if known.lines == *lines => 200,
                None if self.fits(lines) => {
                    let held =
                        Held { lines: lines.clone(), status: Status::Held, expires_at: self.now + LIFE };
                    self.reservations.insert(*id, held);
                    201
                }
                Some(_) | None => 409,
            },
            Step::Commit(id) => {
                let Some(known) = self.reservations.get(id) else { return 404 };
                let (status, lines) = (known.status, known.lines.clone());
                if status == Status::Committed {
                    return 200;
                }
                if status != Status::Held && !self.fits(&lines) {
                    return 409;
                }
                for (sku, quantity) in lines {
                    self.on_hand[sku] -= quantity;
                }
                self.set(*id, Status::Committed)
            }
            Step::Release(id) => match self.reservations.get(id).map(|known| known.status) {
                None => 404,
                Some(Status::Committed) => 409,
                Some(Status::Held) => self.set(*id, Status::Released),
                Some(_) => 200,
            },
            Step::Wait(seconds) => {
                self.now += seconds;
                200
            }
            Step::Expire => {
                for held in self.reservations.values_mut() {
                    if held.status == Status::Held && held.expires_at <= self.now {
                        held.status = Status::Expired;
                    }
                }
                200
            }
            Step::Adjust(sku, by) => self.count(*sku, self.on_hand[*sku] + by),
            Step::Set(sku, to) => self.count(*sku, *to),
        }
    }

    fn set(&mut self, id: usize, status: Status) -> u16 {
        if let Some(known) = self.reservations.get_mut(&id) {
            known.status = status;
        }
        200
    }

    fn count(&mut self, sku: usize, to: i64) -> u16 {
        if to < self.reserved(sku) {
            return 409;
        }
        self.on_hand[sku] = to;
        200
    }
}

/// The same by the service.
async fn take(shop: &Shop, ids: &[Uuid], step: &Step) -> u16 {
    let answer = match step {
        Step::Reserve(id, lines) => {
            let lines: Vec<(&str, i64)> =
                lines.iter().map(|(sku, quantity)| (SKUS[*sku], *quantity)).collect();
            shop.reserve(ids[*id], &lines).await
        }
        Step::Commit(id) => shop.commit(ids[*id]).await,
        Step::Release(id) => shop.release(ids[*id]).await,
        Step::Wait(seconds) => {
            shop.clock.advance(*seconds);
            return 200;
        }
        Step::Expire => {
            shop.expire().await;
            return 200;
        }
        Step::Adjust(sku, by) => change(shop, SKUS[*sku], &json!({ "adjust": by, "reason": "x" })).await,
        Step::Set(sku, to) => {
            let version: i64 = sqlx::query_scalar("SELECT count_version FROM inventory WHERE sku = $1")
                .bind(SKUS[*sku])
                .fetch_one(shop.db.pool())
                .await
                .unwrap();
            let body = json!({ "set": to, "reason": "x", "count_version": version });
            change(shop, SKUS[*sku], &body).await
        }
    };
    answer.status.as_u16()
}

async fn change(shop: &Shop, sku: &str, body: &serde_json::Value) -> cartwright_test_support::Answer {
    let call = shop.app.patch(&format!("/inventory/{sku}")).as_role(UserId(shop.id()), Role::Staff);
    call.json(body).header("idempotency-key", &shop.id().to_string()).send().await
}

const STOCK: [i64; 5] = [10, 8, 6, 4, 12];

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, max_shrink_iters: 30, failure_persistence: None, ..Config::default() })
}

/// Runs `check` for many sequences of steps, each with a shop of its own.
fn for_all(cases: u32, steps: usize, check: &impl AsyncFn(&Shop, &[Uuid], &[Step])) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let outcome = runner(cases).run(&proptest::collection::vec(step(), 10..steps), |steps| {
        runtime.block_on(async {
            let shop = Shop::with_stock(&STOCK).await;
            let ids: Vec<Uuid> = (0..8).map(|_| shop.id()).collect();
            check(&shop, &ids, &steps).await;
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn one_thing_after_the_other_is_as_the_model_has_it() {
    for_all(12, 60, &async |shop: &Shop, ids: &[Uuid], steps: &[Step]| {
        let mut model = Model { on_hand: STOCK, reservations: BTreeMap::new(), now: 0 };
        for step in steps {
            let expected = model.take(step);
            assert_eq!(take(shop, ids, step).await, expected, "{step:?}");
            for (sku, name) in SKUS.into_iter().enumerate() {
                assert_eq!(
                    shop.stock(name).await,
                    (model.on_hand[sku], model.reserved(sku)),
                    "{name} {step:?}"
                );
            }
        }
        shop.invariants().await;
    });
}

#[test]
fn all_at_once_leaves_the_books_right() {
    for_all(12, 80, &async |shop: &Shop, ids: &[Uuid], steps: &[Step]| {
        for some in steps.chunks(20) {
            let statuses = futures::future::join_all(some.iter().map(|step| take(shop, ids, step))).await;
            assert!(statuses.iter().all(|status| matches!(status, 200 | 201 | 404 | 409)), "{statuses:?}");
            shop.invariants().await;
        }
    });
}
