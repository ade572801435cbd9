use cartwright_contracts::events::{InventoryBackInStock, InventoryLow};
use cartwright_contracts::{Envelope, Event};
use cartwright_types::{Role, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Shop;

impl Shop {
    /// What the outbox has, the oldest first, with what it had before left out.
    async fn told(&self) -> Vec<(Envelope, Value)> {
        let rows: Vec<(String, Value)> = sqlx::query_as(
            "DELETE FROM outbox WHERE destination = 'domain-events' RETURNING body, attributes",
        )
        .fetch_all(self.db.pool())
        .await
        .unwrap();
        let mut told: Vec<(Envelope, Value)> = rows
            .into_iter()
            .map(|(body, attributes)| (Envelope::parse(&body).unwrap(), attributes))
            .collect();
        told.sort_by_key(|(event, _)| event.aggregate.version);
        told
    }

    /// Their types with what was available.
    async fn said(&self) -> Vec<(String, i64)> {
        let told = self.told().await;
        told.into_iter()
            .map(|(event, _)| (event.event_type, event.data["available"].as_i64().unwrap()))
            .collect()
    }

    async fn change(&self, sku: &str, body: &Value) {
        let call = self.app.patch(&format!("/inventory/{sku}")).as_role(UserId(self.id()), Role::Staff);
        let _ = call.json(body).header("idempotency-key", &self.id().to_string()).send().await.expect(200);
    }
}

fn low(available: i64) -> (String, i64) {
    (InventoryLow::TYPE.to_owned(), available)
}

fn back(available: i64) -> (String, i64) {
    (InventoryBackInStock::TYPE.to_owned(), available)
}

#[tokio::test]
async fn low_stock_is_told_once_a_crossing_by_whatever_makes_it() {
    let shop = Shop::with_stock(&[8]).await;
    let (first, second) = (shop.id(), shop.id());
    let _ = shop.reserve(first, &[("A", 2)]).await.expect(201);
    assert_eq!(shop.said().await, []);
    let _ = shop.reserve(second, &[("A", 1)]).await.expect(201);
    assert_eq!(shop.said().await, [low(5)]);
    let _ = shop.reserve(shop.id(), &[("A", 1)]).await.expect(201);
    let _ = shop.commit(first).await.expect(200);
    assert_eq!(shop.said().await, []);
    // Six again, and five again.
    let _ = shop.release(second).await.expect(200);
    shop.change("A", &json!({ "adjust": 1, "reason": "Found" })).await;
    assert_eq!(shop.said().await, []);
    shop.change("A", &json!({ "adjust": -2, "reason": "Lost" })).await;
    assert_eq!(shop.said().await, [low(4)]);
    shop.change("A", &json!({ "reorder_point": 3 })).await;
    shop.change("A", &json!({ "reorder_point": 4 })).await;
    assert_eq!(shop.said().await, [low(4)]);
    shop.clock.advance(1800);
    assert_eq!(shop.expire().await, 1);
    assert_eq!(shop.commit(second).await.expect(200)["status"], "committed");
    assert_eq!(shop.said().await, [low(4)]);
}

#[tokio::test]
async fn stock_that_can_be_had_again_is_told_with_the_variant_and_its_version() {
    let shop = Shop::with_stock(&[2]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 2)]).await.expect(201);
    assert_eq!(shop.said().await, []);
    let _ = shop.release(id).await.expect(200);
    let told = shop.told().await;
    let [(event, attributes)] = &told[..] else { panic!("{told:?}") };
    let (variant, product): (Uuid, Uuid) =
        sqlx::query_as("SELECT id, product_id FROM variants WHERE sku = 'A'")
            .fetch_one(shop.db.pool())
            .await
            .unwrap();
    let data: InventoryBackInStock = event.data().unwrap();
    let expected = InventoryBackInStock {
        sku: "A".to_owned(),
        product_id: product.into(),
        available: 2,
        reorder_point: 5,
    };
    assert_eq!(data, expected);
    assert_eq!((event.aggregate.kind.as_str(), event.aggregate.id), ("inventory", variant));
    assert_eq!((event.aggregate.version, event.actor.as_str()), (3, "system"));
    assert_eq!(event.id.get_version_num(), 7);
    let named = json!([["event_type", "inventory.back_in_stock"], ["aggregate_kind", "inventory"]]);
    assert_eq!(attributes, &named);

    let _ = shop.reserve(shop.id(), &[("A", 2)]).await.expect(201);
    shop.change("A", &json!({ "adjust": 20, "reason": "Delivery" })).await;
    assert_eq!(shop.said().await, [back(20)]);
    let _ = shop.reserve(shop.id(), &[("A", 20)]).await.expect(201);
    assert_eq!(shop.said().await, [low(0)]);
    shop.clock.advance(1800);
    let _ = shop.expire().await;
    assert_eq!(shop.said().await, [back(22)]);
}

#[tokio::test]
async fn what_is_refused_tells_nothing() {
    let shop = Shop::with_stock(&[6, 1]).await;
    shop.reserve(shop.id(), &[("A", 6), ("B", 2)]).await.expect_problem(409, "insufficient_stock");
    assert_eq!(shop.said().await, []);
}
