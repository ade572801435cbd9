//! Promotions and the orders that have them: never more than allowed, and free again when an order ends unpaid.

use axum::http::Method;
use cartwright_contracts::stock::ReservationStatus;
use cartwright_test_support::Answer;
use cartwright_types::{Role, UserId};
use order::usecases::expire_orders;
use serde_json::{Value, json};

use crate::prices::{euros, make, order, post, remove, stock};
use crate::support::Shop;

/// One tent with these codes.
async fn buy(shop: &Shop, user: UserId, method: &str, codes: &[&str]) -> Answer {
    order(shop, user, method, &[("TENT", 1)], json!({ "promotion_codes": codes })).await
}

async fn read(shop: &Shop, id: &str) -> Value {
    let staff = UserId(uuid::Uuid::nil());
    shop.app.get(&format!("/promotions/{id}")).as_role(staff, Role::Staff).send().await.expect(200)
}

/// What the counters say, and what the rows say.
async fn counts(shop: &Shop) -> Vec<(i64, i64)> {
    let statement =
        "SELECT redeemed::bigint, (SELECT count(*) FROM promotion_redemptions WHERE promotion_id = p.id)
         FROM promotions p ORDER BY code";
    sqlx::query_as(statement).fetch_all(shop.db.pool()).await.unwrap()
}

/// Every order that nobody has paid ends.
async fn expire_all(shop: &Shop) {
    shop.clock.advance(16 * 60);
    expire_orders::sweep(&shop.state).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_at_once_one_has_the_single_code_and_nothing_stays_reserved_for_the_others() {
    let stock = stock().meeting_of(20);
    let shop = &Shop::selling(&stock).await;
    let method = &post(shop).await;
    let code = json!({ "code": "ONCE", "kind": "percent", "percent_off": 50, "max_redemptions": 1 });
    let promotion = make(shop, "/promotions", code).await;
    let people: Vec<UserId> = (0..20).map(|_| shop.person()).collect();
    let buyers = people.iter().map(|user| buy(shop, *user, method, &["once"]));
    let answers = futures::future::join_all(buyers).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    let [won] = won.as_slice() else { panic!("{} have it", won.len()) };
    assert_eq!(won.json()["totals"]["discount"], euros(1000));
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "promotion_exhausted");
    }
    assert_eq!((stock.count(ReservationStatus::Held), stock.left("TENT")), (1, 999));
    assert_eq!(
        (counts(shop).await, read(shop, &promotion).await["redeemed"].clone()),
        (vec![(1, 1)], json!(1))
    );
}

#[tokio::test]
async fn the_answer_is_final_and_a_retry_gets_it_too() {
    let shop = Shop::selling(&stock()).await;
    let (user, method) = (shop.person(), post(&shop).await);
    make(&shop, "/promotions", json!({ "code": "ONCE", "kind": "free_shipping", "max_redemptions": 1 }))
        .await;
    let _ = buy(&shop, user, &method, &["ONCE"]).await.expect(201);
    let body = json!({
        "lines": [{ "sku": "TENT", "quantity": 1 }], "shipping_method": method, "promotion_codes": ["ONCE"],
        "payment": { "provider": "test", "token": "tok_success" },
        "shipping_address": {
            "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"
        },
    });
    let again = || {
        let call = shop.app.call(Method::POST, "/orders").as_user(user).header("idempotency-key", "k1");
        call.json(&body).send()
    };
    let refused = again().await.expect_problem(409, "promotion_exhausted");
    assert_eq!(refused["promotion_code"], "ONCE");
    // It is free now, but that request was answered.
    expire_all(&shop).await;
    let replayed = again().await;
    replayed.expect_problem(409, "promotion_exhausted");
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    let _ = buy(&shop, user, &method, &["ONCE"]).await.expect(201);
}

#[tokio::test]
async fn a_buyer_has_it_as_often_as_one_buyer_may() {
    let shop = Shop::selling(&stock()).await;
    let (ada, ben, method) = (shop.person(), shop.person(), post(&shop).await);
    make(
        &shop,
        "/promotions",
        json!({ "code": "TWICE", "kind": "percent", "percent_off": 10, "max_per_customer": 2 }),
    )
    .await;
    // At once as well.
    let tries = futures::future::join_all((0..6).map(|_| buy(&shop, ada, &method, &["TWICE"]))).await;
    assert_eq!(tries.iter().filter(|answer| answer.status == 201).count(), 2);
    buy(&shop, ada, &method, &["twice"]).await.expect_problem(409, "promotion_exhausted");
    let _ = buy(&shop, ben, &method, &["TWICE"]).await.expect(201);
    expire_all(&shop).await;
    let _ = buy(&shop, ada, &method, &["TWICE"]).await.expect(201);
    assert_eq!(counts(&shop).await, [(1, 1)]);
}

#[tokio::test]
async fn all_codes_of_an_order_or_none() {
    let stock = stock();
    let shop = Shop::selling(&stock).await;
    let (user, method) = (shop.person(), post(&shop).await);
    for (code, most) in [("A", 1), ("B", 9), ("C", 1)] {
        make(
            &shop,
            "/promotions",
            json!({ "code": code, "kind": "percent", "percent_off": 10, "max_redemptions": most }),
        )
        .await;
    }
    let _ = buy(&shop, user, &method, &["C"]).await.expect(201);
    buy(&shop, user, &method, &["B", "A", "C"]).await.expect_problem(409, "promotion_exhausted");
    assert_eq!(counts(&shop).await, [(0, 0), (0, 0), (1, 1)]);
    assert_eq!(stock.count(ReservationStatus::Held), 1);
}

/// Buyers with one or two of three codes come and go; the model is a list of who has what.
#[tokio::test]
async fn whatever_comes_and_goes_what_is_freed_can_be_had_again_and_no_more() {
    let stock = stock();
    let shop = Shop::selling(&stock).await;
    let (user, method) = (shop.person(), post(&shop).await);
    let most = [1_usize, 2, 3];
    for (code, most) in ["A", "B", "C"].into_iter().zip(most) {
        make(
            &shop,
            "/promotions",
            json!({ "code": code, "kind": "percent", "percent_off": 10, "max_redemptions": most }),
        )
        .await;
    }
    let mut orders: Vec<Vec<usize>> = Vec::new();
    // Numerical Recipes' generator: the same run every time.
    let mut seed = 7_u32;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(seed >> 16).unwrap() % below
    };
    for _ in 0..60 {
        if draw(5) == 0 {
            expire_all(&shop).await;
            orders.clear();
        } else {
            let mut wanted = vec![draw(3), draw(3)];
            wanted.dedup();
            let codes: Vec<&str> = wanted.iter().map(|one| ["A", "B", "C"][*one]).collect();
            let has_room = wanted
                .iter()
                .all(|one| orders.iter().flatten().filter(|had| *had == one).count() < most[*one]);
            let answer = buy(&shop, user, &method, &codes).await;
            assert_eq!(answer.status, if has_room { 201 } else { 409 }, "{codes:?} after {orders:?}");
            if has_room {
                orders.push(wanted);
            }
        }
        let held = |one| i64::try_from(orders.iter().flatten().filter(|had| **had == one).count()).unwrap();
        assert_eq!(counts(&shop).await, [0, 1, 2].map(|one| (held(one), held(one))));
    }
}

#[tokio::test]
async fn a_code_that_does_not_hold_is_named_by_its_place() {
    let shop = Shop::selling(&stock()).await;
    let (user, method) = (shop.person(), post(&shop).await);
    let ten = json!({ "code": "NOW", "kind": "percent", "percent_off": 10 });
    for (code, name, time) in [
        ("NOW", "ends_at", Value::Null),
        ("LATER", "starts_at", json!("2099-01-01T00:00:00Z")),
        ("OVER", "ends_at", json!("2001-01-01T00:00:00Z")),
    ] {
        let mut body = ten.clone();
        body["code"] = json!(code);
        body[name] = time;
        make(&shop, "/promotions", body).await;
    }
    let problem = buy(&shop, user, &method, &["NOW", "nothing", "later", "over", "now"]).await;
    let problem = problem.expect_problem(422, "validation_failed");
    let errors: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("/promotion_codes/1", "unknown_promotion"),
        ("/promotion_codes/2", "promotion_not_started"),
        ("/promotion_codes/3", "promotion_expired"),
        ("/promotion_codes/4", "repeated"),
    ];
    assert_eq!(errors, expected);
    let many: Vec<String> = (0..21).map(|at| format!("C{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let problem = buy(&shop, user, &method, &many).await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/promotion_codes");
    assert_eq!(counts(&shop).await, [(0, 0), (0, 0), (0, 0)]);
}

#[tokio::test]
async fn a_limit_is_never_below_what_is_used_and_redemptions_do_not_stand_in_staffs_way() {
    let shop = Shop::selling(&stock()).await;
    let (user, method, staff) = (shop.person(), post(&shop).await, UserId(uuid::Uuid::nil()));
    let body =
        |most: i32| json!({ "code": "TEN", "kind": "percent", "percent_off": 10, "max_redemptions": most });
    let id = make(&shop, "/promotions", body(5)).await;
    let path = format!("/promotions/{id}");
    let get = || shop.app.get(&path).as_role(staff, Role::Staff).send();
    let tag = get().await.header("etag").unwrap().to_owned();
    for _ in 0..2 {
        let _ = buy(&shop, user, &method, &["TEN"]).await.expect(201);
    }
    assert_ne!(get().await.header("etag"), Some(tag.as_str()));
    let put = |most| {
        let call = shop.app.call(Method::PUT, &path).as_role(staff, Role::Staff).header("if-match", &tag);
        call.json(&body(most)).send()
    };
    put(1).await.expect_problem(409, "below_redeemed");
    assert_eq!(put(2).await.expect(200)["redeemed"], 2);
    buy(&shop, user, &method, &["TEN"]).await.expect_problem(409, "promotion_exhausted");
    for statement in [
        "UPDATE promotions SET redeemed = 3",
        "UPDATE promotions SET max_redemptions = 1",
        "UPDATE promotions SET redeemed = -1",
    ] {
        assert!(sqlx::query(statement).execute(shop.db.pool()).await.is_err(), "{statement}");
    }
    remove(&shop, &path).await;
    let problem = buy(&shop, user, &method, &["TEN"]).await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "unknown_promotion");
}
