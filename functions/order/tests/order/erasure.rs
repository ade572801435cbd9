//! `user.erased`: what goes, what stays, and when.

use cartwright_types::{OrderId, UserId};
use order::clients::carts::CartOwner;
use order::db::invoices;
use order::domain::order::OrderStatus;
use order::domain::order::OrderStatus::{
    Cancelled, Delivered, Expired, Paid, PendingPayment, Processing, Shipped,
};
use order::usecases::{erase_user, issue_invoice};
use serde_json::Value;

use crate::support::{EMAIL, Shop};

const DAY: i64 = 86_400;

/// Everything but the addresses, the note and what counts changes.
async fn kept(shop: &Shop, id: OrderId) -> Vec<Value> {
    let statement = "SELECT to_jsonb(o) - '{shipping_address,billing_address,note,version,updated_at,anonymised_at}'::text[]
             || jsonb_build_object('country', shipping_address->'country')
         FROM orders o WHERE id = $1
         UNION ALL SELECT to_jsonb(l) FROM order_lines l WHERE order_id = $1
         UNION ALL SELECT to_jsonb(p) FROM payments p WHERE order_id = $1
         UNION ALL SELECT to_jsonb(e) FROM order_events e WHERE order_id = $1
         UNION ALL SELECT to_jsonb(i) FROM invoices i WHERE order_id = $1";
    sqlx::query_scalar(statement).bind(id.uuid()).fetch_all(shop.db.pool()).await.unwrap()
}

async fn orders_in(shop: &Shop, user: UserId, statuses: &[OrderStatus]) -> Vec<OrderId> {
    let mut ids = Vec::new();
    for status in statuses {
        let id = shop.order(user, *status).await;
        if matches!(status, Paid | Processing | Shipped | Delivered) {
            issue_invoice::issue(&shop.state, id).await.unwrap();
        }
        ids.push(id);
    }
    ids
}

async fn anonymised(shop: &Shop, ids: &[OrderId]) -> Vec<bool> {
    let mut answers = Vec::new();
    for id in ids {
        answers.push(Shop::is_anonymised(&shop.find(*id).await));
    }
    answers
}

async fn count(shop: &Shop, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(statement).fetch_one(shop.db.pool()).await.unwrap()
}

#[tokio::test]
async fn orders_that_have_ended_lose_the_person_and_nothing_else() {
    let shop = Shop::open().await;
    let (ada, ben) = (shop.person(), shop.person());
    let ended = orders_in(&shop, ada, &[Delivered, Cancelled, Expired]).await;
    let others = orders_in(&shop, ben, &[Delivered, Cancelled, Expired]).await;
    let mut before = Vec::new();
    for id in &ended {
        before.push(kept(&shop, *id).await);
    }
    let invoice = invoices::of_order(shop.db.pool(), ended[0]).await.unwrap().unwrap();
    let pdf = shop.state.invoices.get(&invoice.s3_key).await.unwrap();

    shop.handle(&shop.close_account(ada)).await.unwrap();

    assert_eq!(anonymised(&shop, &ended).await, [true; 3]);
    assert_eq!(anonymised(&shop, &others).await, [false; 3]);
    for (id, before) in ended.iter().zip(before) {
        assert_eq!(kept(&shop, *id).await, before);
    }
    let left = invoices::of_order(shop.db.pool(), ended[0]).await.unwrap().unwrap().document.0;
    assert_eq!(left, invoice.document.0);
    assert_eq!((left.buyer.name.as_str(), left.buyer.email.as_str()), ("Ada Lovelace", EMAIL));
    assert_eq!(shop.state.invoices.get(&invoice.s3_key).await.unwrap(), pdf);
}

#[tokio::test]
async fn a_changed_order_has_another_version_and_staff_can_read_it() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let id = shop.order(ada, Cancelled).await;
    let (path, staff) = (format!("/orders/{id}"), shop.person());
    let staff = |path: &str| shop.app.get(path).as_role(staff, cartwright_types::Role::Staff);
    let before = staff(&path).send().await;
    assert_eq!(before.expect(200)["email"], EMAIL);
    shop.handle(&shop.close_account(ada)).await.unwrap();
    let tag = before.header("etag").unwrap();
    let after = staff(&path).header("if-none-match", tag).send().await.expect(200);
    assert_eq!((&after["email"], &after["note"]), (&Value::Null, &Value::Null));
    assert_eq!(after["shipping_address"]["name"], "erased");
    assert_eq!(after["shipping_address"]["country"], "DE");
}

#[tokio::test]
async fn a_redelivery_changes_nothing() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let id = shop.order(ada, Delivered).await;
    issue_invoice::issue(&shop.state, id).await.unwrap();
    let version = shop.find(id).await.version;
    let event = shop.close_account(ada);
    let (one, two) = tokio::join!(shop.handle(&event), shop.handle(&event));
    one.and(two).unwrap();
    shop.handle(&event).await.unwrap();
    shop.handle(&shop.close_account(ada)).await.unwrap();
    erase_user::sweep(&shop.state).await.unwrap();
    let order = shop.find(id).await;
    assert_eq!((Shop::is_anonymised(&order), order.version), (true, version + 1));
}

#[tokio::test]
async fn an_order_under_way_keeps_its_address_until_it_has_ended() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let ids = orders_in(&shop, ada, &[PendingPayment, Paid, Processing, Shipped]).await;
    shop.handle(&shop.close_account(ada)).await.unwrap();
    erase_user::sweep(&shop.state).await.unwrap();
    assert_eq!(anonymised(&shop, &ids).await, [false; 4]);

    // A request that was under way when the account went.
    let late = shop.order(ada, PendingPayment).await;
    shop.clock.advance(7 * DAY);
    for (id, end) in ids.iter().chain([&late]).zip([Expired, Cancelled, Cancelled, Delivered, Cancelled]) {
        assert_eq!(count(&shop, "erasures").await, 1);
        shop.set_status(*id, end).await;
        erase_user::sweep(&shop.state).await.unwrap();
        assert!(Shop::is_anonymised(&shop.find(*id).await));
    }
    assert_eq!(count(&shop, "erasures").await, 0);
}

#[tokio::test]
async fn an_erasure_is_remembered_for_a_day_in_case_of_a_late_order() {
    let shop = Shop::open().await;
    let ada = shop.person();
    shop.handle(&shop.close_account(ada)).await.unwrap();
    shop.clock.advance(DAY - 1);
    erase_user::sweep(&shop.state).await.unwrap();
    let late = shop.order(ada, Expired).await;
    shop.clock.advance(2);
    erase_user::sweep(&shop.state).await.unwrap();
    assert_eq!((anonymised(&shop, &[late]).await, count(&shop, "erasures").await), (vec![true], 0));
}

#[tokio::test]
async fn an_invoice_that_is_owed_is_written_first_and_without_the_mail_address_if_that_is_gone() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let id = shop.order(ada, Delivered).await;
    shop.handle(&shop.close_account(ada)).await.unwrap();
    erase_user::sweep(&shop.state).await.unwrap();
    assert_eq!(anonymised(&shop, &[id]).await, [false]);

    issue_invoice::issue(&shop.state, id).await.unwrap();
    erase_user::sweep(&shop.state).await.unwrap();
    assert_eq!(anonymised(&shop, &[id]).await, [true]);
    let invoice = invoices::of_order(shop.db.pool(), id).await.unwrap().unwrap();
    assert!(invoice.issued_at.is_some());
    let document = invoice.document.0;
    assert_eq!((document.buyer.name.as_str(), document.buyer.email.as_str()), ("Ada Lovelace", ""));
    assert_eq!(document.shipping_address[1], "Hauptstr. 1");
}

#[tokio::test]
async fn the_cart_is_emptied_and_stored_answers_are_removed() {
    let shop = Shop::open().await;
    let (ada, ben) = (shop.person(), shop.person());
    for user in [ada, ben] {
        shop.fill_cart(user).await;
        let statement = "INSERT INTO idempotency_keys (scope, key, fingerprint, resource_id, leased_until, status, headers, body)
             VALUES ($1, 'done', '', gen_random_uuid(), now(), 201, '[]', '{\"name\": \"Ada\"}'),
                    ($1, 'running', '', gen_random_uuid(), now(), NULL, NULL, NULL)";
        let scope = format!("user:{user}");
        sqlx::query(statement).bind(scope).execute(shop.db.pool()).await.unwrap();
    }
    shop.handle(&shop.close_account(ada)).await.unwrap();
    assert!(shop.state.carts.read(CartOwner::User(ada)).await.unwrap().lines.is_empty());
    assert_eq!(shop.state.carts.read(CartOwner::User(ben)).await.unwrap().lines.len(), 1);
    let left: Vec<(String, String)> =
        sqlx::query_as("SELECT scope, key FROM idempotency_keys ORDER BY scope = $1 DESC, key")
            .bind(format!("user:{ada}"))
            .fetch_all(shop.db.pool())
            .await
            .unwrap();
    let own = |user: UserId, key: &str| (format!("user:{user}"), key.to_owned());
    assert_eq!(left, [own(ada, "running"), own(ben, "done"), own(ben, "running")]);
}

#[tokio::test]
async fn the_database_keeps_an_order_under_way_from_being_anonymised() {
    let shop = Shop::open().await;
    let id = shop.order(shop.person(), Shipped).await;
    let statement = "UPDATE orders SET anonymised_at = now(), note = NULL WHERE id = $1";
    let refused = sqlx::query(statement).bind(id.uuid()).execute(shop.db.pool()).await.unwrap_err();
    assert!(cartwright_database::violates(&refused, "orders_anonymised"), "{refused}");
}
