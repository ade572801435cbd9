//! `user.verified`: a guest's orders become the account's whose address they were placed with.

use cartwright_contracts::Envelope;
use cartwright_contracts::events::UserVerified;
use cartwright_types::UserId;
use order::domain::order::OrderStatus;
use order::usecases::{erase_user, issue_invoice};
use serde_json::{Value, json};

use crate::guests::{open, placed};
use crate::support::{EMAIL, Shop};

fn verified(shop: &Shop, user: UserId) -> Envelope {
    Envelope::new(&*shop.clock, user, 2, "system", &UserVerified { user_id: user })
}

async fn ids(shop: &Shop, user: UserId) -> Vec<Value> {
    let list = shop.app.get("/orders").as_user(user).send().await.expect(200);
    list["data"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect()
}

#[tokio::test]
async fn a_proven_address_brings_the_orders_that_were_placed_with_it() {
    let (shop, method) = open().await;
    let (one, token) = placed(&shop, method, "ADA@example.com").await;
    let (other, _) = placed(&shop, method, "ben@example.com").await;
    let user = shop.person();
    assert_eq!(ids(&shop, user).await, [] as [Value; 0]);

    let event = verified(&shop, user);
    shop.handle(&event).await.unwrap();
    assert_eq!(ids(&shop, user).await, [json!(one)]);
    assert_eq!(shop.find(other).await.buyer(), None);
    let version = shop.find(one).await.version;
    shop.handle(&event).await.unwrap();
    shop.handle(&verified(&shop, user)).await.unwrap();
    assert_eq!(shop.find(one).await.version, version);

    // Now it is theirs, and whoever has the token goes on following it.
    let path = format!("/orders/{one}");
    let own = shop.app.get(&path).as_user(user).send().await.expect(200);
    assert_eq!(own["email"], EMAIL);
    shop.app.get(&path).header("x-order-token", &token).send().await.expect(200);
}

#[tokio::test]
async fn an_address_that_is_not_proven_or_nobodys_any_more_brings_nothing() {
    let (shop, method) = open().await;
    let (id, _) = placed(&shop, method, EMAIL).await;
    let (unproven, gone) = (shop.person_with(|contact| contact.email_verified = false), shop.person());
    let _ = shop.close_account(gone);
    for user in [unproven, gone] {
        shop.handle(&verified(&shop, user)).await.unwrap();
        assert_eq!(shop.find(id).await.buyer(), None);
    }
    // An order that has a buyer keeps them, whoever proves the address next.
    let (first, second) = (shop.person(), shop.person());
    shop.handle(&verified(&shop, first)).await.unwrap();
    shop.handle(&verified(&shop, second)).await.unwrap();
    assert_eq!(shop.find(id).await.buyer(), Some(first));
}

#[tokio::test]
async fn what_an_account_took_over_is_exported_and_erased_with_it() {
    let (shop, method) = open().await;
    let (id, token) = placed(&shop, method, "Ada@Example.com").await;
    let user = shop.person();
    shop.handle(&verified(&shop, user)).await.unwrap();
    let path = format!("/internal/users/{user}/export");
    let export = shop.app.get(&path).as_service("user", "export").send().await.expect(200);
    assert_eq!(export["orders"][0]["email"], "Ada@Example.com");
    assert!(!export.to_string().contains(&token));

    issue_invoice::issue(&shop.state, id).await.unwrap();
    shop.handle(&shop.close_account(user)).await.unwrap();
    shop.set_status(id, OrderStatus::Delivered).await;
    erase_user::sweep(&shop.state).await.unwrap();
    let row = shop.find(id).await;
    assert_eq!((row.guest_email, row.guest_email_normalised, row.order_token_hash), (None, None, None));
    assert_eq!(row.shipping_address.0.name, "erased");
    shop.app
        .get(&format!("/orders/{id}"))
        .header("x-order-token", &token)
        .send()
        .await
        .expect_problem(404, "not_found");
    // Nor is the answer kept that a retry of the order would get.
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM idempotency_keys").fetch_one(shop.db.pool()).await.unwrap();
    assert_eq!(left, 0);
}
