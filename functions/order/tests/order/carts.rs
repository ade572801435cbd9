//! Carts of guests and users: written by many at once, merged once, priced anew.

use cartwright_test_support::{Answer, Call};
use cartwright_types::{Currency, Money, UserId};
use futures::future::join_all;
use order::clients::carts::CartOwner;
use order::domain::cart::{Cart, CartLine};
use order::domain::token::Token;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Shop;
use crate::warehouse::Warehouse;

fn add(shop: &Shop, sku: &str, quantity: i64) -> Call {
    shop.app.post("/cart/items").json(&json!({ "sku": sku, "quantity": quantity }))
}

/// A guest's first write: the token.
async fn guest_with(shop: &Shop, sku: &str, quantity: i64) -> String {
    let answer = add(shop, sku, quantity).send().await;
    answer.expect(200);
    answer.header("x-cart-token").unwrap().to_owned()
}

fn held(cart: &Value) -> Vec<(String, i64)> {
    let lines = cart["lines"].as_array().unwrap();
    lines
        .iter()
        .map(|line| (line["sku"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap()))
        .collect()
}

fn lines(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect()
}

async fn of_guest(shop: &Shop, token: &str) -> Value {
    shop.app.get("/cart").header("x-cart-token", token).send().await.expect(200)
}

async fn of_user(shop: &Shop, user: UserId) -> Value {
    shop.app.get("/cart").as_user(user).send().await.expect(200)
}

#[tokio::test]
async fn a_guest_gets_a_token_with_the_first_write_and_the_table_its_hash_only() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 9), ("POT", 2500, 9)])).await;
    let empty = shop.app.get("/cart").send().await;
    assert_eq!(
        empty.expect(200),
        json!({
            "id": null, "currency": "EUR", "lines": [], "subtotal": { "amount": 0, "currency": "EUR" }, "changes": []
        })
    );
    assert_eq!(
        (empty.header("x-cart-token"), empty.header("cache-control")),
        (None, Some("private, no-store"))
    );

    let token = guest_with(&shop, "CUP", 2).await;
    assert!(Token::parse(&token).is_some());
    let second = add(&shop, "POT", 1).header("x-cart-token", &token).send().await;
    assert_eq!(held(&second.expect(200)), lines(&[("CUP", 2), ("POT", 1)]));
    assert_eq!(second.header("x-cart-token"), None);
    let cart = of_guest(&shop, &token).await;
    assert_eq!(cart["subtotal"]["amount"], 4880);
    assert!(Uuid::try_parse(cart["id"].as_str().unwrap()).is_ok());

    let owner = CartOwner::Guest(Token::parse(&token).unwrap().hash());
    assert!(!owner.to_string().contains(&token));
    assert_eq!(shop.state.carts.read(owner).await.unwrap().lines.len(), 2);
}

#[tokio::test]
async fn a_guest_changes_and_empties_the_cart_of_the_token_and_no_other() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 5)])).await;
    let (one, two) = (guest_with(&shop, "CUP", 2).await, guest_with(&shop, "CUP", 1).await);
    let line = of_guest(&shop, &one).await["lines"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/cart/items/{line}");
    let change = |token: &str, quantity: i64| {
        shop.app.patch(&path).header("x-cart-token", token).json(&json!({ "quantity": quantity }))
    };
    change(&two, 3).send().await.expect_problem(404, "not_found");
    assert_eq!(change(&one, 6).send().await.expect_problem(409, "insufficient_stock")["available"], 5);
    assert_eq!(held(&change(&one, 5).send().await.expect(200)), lines(&[("CUP", 5)]));
    let more = add(&shop, "CUP", 1).header("x-cart-token", &one).send().await;
    assert_eq!(more.expect_problem(409, "insufficient_stock")["available"], 5);
    shop.app.delete(&path).send().await.expect_problem(404, "not_found");
    let removed = shop.app.delete(&path).header("x-cart-token", &one).send().await.expect(200);
    assert_eq!(held(&removed), lines(&[]));
    let emptied = shop.app.delete("/cart").header("x-cart-token", &two).send().await.expect(200);
    assert_eq!(held(&emptied), lines(&[]));
    // Nothing is made of nothing.
    let nothing = shop.app.delete("/cart").send().await;
    assert_eq!((nothing.expect(200)["id"].clone(), nothing.header("x-cart-token")), (Value::Null, None));
}

#[tokio::test]
async fn a_token_that_names_no_cart_is_as_none() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 5)])).await;
    for token in ["rubbish", Token::random().expose()] {
        assert_eq!(held(&of_guest(&shop, token).await), lines(&[]));
        let answer = add(&shop, "CUP", 1).header("x-cart-token", token).send().await;
        answer.expect(200);
        let issued = answer.header("x-cart-token").unwrap();
        assert_ne!(issued, token);
        assert_eq!(held(&of_guest(&shop, issued).await), lines(&[("CUP", 1)]));
    }
    shop.app.get("/cart").as_service("product", "carts").send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn signing_in_merges_a_guests_cart_once_however_often_it_is_brought() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 4), ("POT", 2500, 9)])).await;
    let user = shop.person();
    add(&shop, "CUP", 2).as_user(user).send().await.expect(200);
    let token = guest_with(&shop, "POT", 1).await;
    add(&shop, "CUP", 3).header("x-cart-token", &token).send().await.expect(200);

    let merged =
        join_all((0..20).map(|_| shop.app.get("/cart").as_user(user).header("x-cart-token", &token).send()));
    for answer in merged.await {
        let cart = answer.expect(200);
        assert_eq!(held(&cart), lines(&[("CUP", 5), ("POT", 1)]));
        // Summed before the stock is looked at.
        assert_eq!(cart["changes"], json!([{ "code": "insufficient_stock", "sku": "CUP", "available": 4 }]));
        assert_eq!(cart["id"], json!(user));
    }
    assert_eq!(held(&of_guest(&shop, &token).await), lines(&[]));

    // Who is slow to forget the token starts anew with another, and brings that one, too.
    let late = add(&shop, "POT", 1).header("x-cart-token", &token).send().await;
    late.expect(200);
    assert_eq!(
        held(&shop.app.get("/cart").as_user(user).header("x-cart-token", &token).send().await.expect(200)),
        lines(&[("CUP", 5), ("POT", 1)])
    );
    let issued = late.header("x-cart-token").unwrap();
    let again = shop.app.get("/cart").as_user(user).header("x-cart-token", issued).send().await.expect(200);
    assert_eq!(held(&again), lines(&[("CUP", 5), ("POT", 2)]));
}

#[tokio::test]
async fn nothing_is_lost_when_a_cart_is_merged_while_both_are_written() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 9999), ("POT", 2500, 9999)])).await;
    for _ in 0..5 {
        let user = shop.person();
        let token = guest_with(&shop, "CUP", 1).await;
        let one: Vec<Call> = vec![
            add(&shop, "CUP", 1).header("x-cart-token", &token),
            add(&shop, "POT", 1).as_user(user),
            shop.app.get("/cart").as_user(user).header("x-cart-token", &token),
            shop.app.get("/cart").as_user(user).header("x-cart-token", &token),
            add(&shop, "POT", 1).as_user(user).header("x-cart-token", &token),
        ];
        let answers: Vec<Answer> = join_all(one.into_iter().map(Call::send)).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        // The guest's second cup is in the merged cart, or in a new one of theirs.
        let issued = answers[0].header("x-cart-token").unwrap_or(&token).to_owned();
        let whole =
            shop.app.get("/cart").as_user(user).header("x-cart-token", &issued).send().await.expect(200);
        let mut found = held(&whole);
        found.sort();
        assert_eq!(found, lines(&[("CUP", 2), ("POT", 2)]));
    }
}

#[tokio::test]
async fn a_merge_says_what_there_was_no_room_for_until_the_owner_writes() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 100, 9999), ("POT", 100, 9999)])).await;
    let user = shop.person();
    add(&shop, "CUP", 9000).as_user(user).send().await.expect(200);
    let token = guest_with(&shop, "CUP", 1000).await;
    let said = json!([{ "code": "quantity_reduced", "sku": "CUP", "from": 10_000, "to": 9999 }]);
    let merged = shop.app.get("/cart").as_user(user).header("x-cart-token", &token).send().await.expect(200);
    assert_eq!((held(&merged), &merged["changes"]), (lines(&[("CUP", 9999)]), &said));
    assert_eq!(of_user(&shop, user).await["changes"], said);
    assert_eq!(add(&shop, "POT", 1).as_user(user).send().await.expect(200)["changes"], said);
    assert_eq!(of_user(&shop, user).await["changes"], json!([]));
}

#[tokio::test]
async fn a_price_that_changed_is_said_at_each_reading_until_the_owner_writes() {
    let warehouse = Warehouse::of(&[("CUP", 1190, 9), ("POT", 2500, 9), ("PAN", 900, 9)]);
    let shop = Shop::selling(&warehouse).await;
    let token = guest_with(&shop, "CUP", 2).await;
    for sku in ["POT", "PAN"] {
        add(&shop, sku, 3).header("x-cart-token", &token).send().await.expect(200);
    }
    let before = shop.app.get("/cart").header("x-cart-token", &token).send().await;
    warehouse.set("CUP", 1290, 9);
    warehouse.set("POT", 2500, 1);
    warehouse.withdraw("PAN");
    let eur = |amount: i64| Money::new(amount, Currency::EUR);
    let moved = json!({ "code": "price_changed", "sku": "CUP", "from": eur(1190), "to": eur(1290) });
    let standing = [
        json!({ "code": "insufficient_stock", "sku": "POT", "available": 1 }),
        json!({ "code": "unavailable", "sku": "PAN" }),
    ];
    let all = json!([moved, standing[0], standing[1]]);
    for _ in 0..2 {
        let cart = of_guest(&shop, &token).await;
        assert_eq!((&cart["changes"], held(&cart)), (&all, lines(&[("CUP", 2), ("POT", 3)])));
        assert_eq!(cart["subtotal"]["amount"], 2 * 1290 + 3 * 2500);
    }
    let tag = before.header("etag").unwrap();
    let read = shop.app.get("/cart").header("x-cart-token", &token);
    let read = read.header("if-none-match", tag).send().await;
    read.expect(200);
    let pot = before.json()["lines"][1]["id"].as_str().unwrap().to_owned();
    // Of the tag only what the owner wrote counts: the price that changed stands in nobody's way.
    let written = shop.app.delete(&format!("/cart/items/{pot}")).header("x-cart-token", &token);
    let written = written.header("if-match", tag).send().await;
    assert_eq!(written.expect(200)["changes"], json!([moved, standing[1]]));
    assert_eq!(of_guest(&shop, &token).await["changes"], json!([standing[1]]));
}

#[tokio::test]
async fn a_write_that_depends_on_an_older_cart_is_refused() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 9)])).await;
    let first = add(&shop, "CUP", 2).send().await;
    let (token, tag) = (first.header("x-cart-token").unwrap(), first.header("etag").unwrap());
    let path = format!("/cart/items/{}", first.expect(200)["lines"][0]["id"].as_str().unwrap());
    let unchanged = shop.app.get("/cart").header("x-cart-token", token).header("if-none-match", tag);
    assert_eq!(unchanged.send().await.status, 304);
    let change = |tag: &str, body: Value| {
        shop.app.patch(&path).header("x-cart-token", token).header("if-match", tag).json(&body)
    };
    change(tag, json!({ "quantity": 3 })).send().await.expect(200);
    // Preconditions come before the body.
    change(tag, json!({ "quantity": "x" })).send().await.expect_problem(412, "precondition_failed");
    change("*", json!({ "quantity": "x" })).send().await.expect_problem(422, "validation_failed");
    for path in [&path, "/cart"] {
        let stale = shop.app.delete(path).header("x-cart-token", token).header("if-match", tag);
        stale.send().await.expect_problem(412, "precondition_failed");
    }
    assert_eq!(held(&of_guest(&shop, token).await), lines(&[("CUP", 3)]));
}

#[tokio::test]
async fn a_retry_of_a_keyed_write_adds_nothing_and_brings_the_same_token() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 9)])).await;
    let key = Uuid::now_v7().to_string();
    let keyed = |key: &str| add(&shop, "CUP", 2).header("idempotency-key", key);
    let first = keyed(&key).send().await;
    let again = keyed(&key).send().await;
    assert_eq!(first.expect(200), again.expect(200));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let token = first.header("x-cart-token").unwrap();
    assert_eq!(again.header("x-cart-token"), Some(token));
    assert_eq!(held(&of_guest(&shop, token).await), lines(&[("CUP", 2)]));
    // Without an identity a key proves who sends it.
    keyed("1").send().await.expect_problem(400, "idempotency_key_invalid");
    // The cart's token is one.
    for replayed in [None, Some("true")] {
        let answer = keyed("1").header("x-cart-token", token).send().await;
        assert_eq!(held(&answer.expect(200)), lines(&[("CUP", 4)]));
        assert_eq!((answer.header("idempotency-replayed"), answer.header("x-cart-token")), (replayed, None));
    }
    let other = shop.app.post("/cart/items").json(&json!({ "sku": "CUP", "quantity": 1 }));
    let other = other.header("x-cart-token", token).header("idempotency-key", "1").send().await;
    other.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_keyed_write_whose_answer_was_lost_in_a_crash_is_not_done_twice() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 9)])).await;
    let key = Uuid::now_v7().to_string();
    let keyed = || add(&shop, "CUP", 2).header("idempotency-key", &key);
    let first = keyed().send().await;
    first.expect(200);
    // As the claim stands when the process ends between the cart's write and the answer's.
    let crash = "UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, leased_until = now() - interval '1 s'";
    sqlx::query(crash).execute(shop.db.pool()).await.unwrap();
    let again = keyed().send().await;
    assert_eq!(held(&again.expect(200)), lines(&[("CUP", 2)]));
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(again.header("x-cart-token"), first.header("x-cart-token"));
}

#[tokio::test]
async fn twenty_writes_at_once_to_one_cart_all_count_or_say_that_they_did_not() {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 999)])).await;
    let token = guest_with(&shop, "CUP", 1).await;
    let answers = join_all((0..20).map(|_| add(&shop, "CUP", 1).header("x-cart-token", &token).send())).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 503)), "{answers:?}");
    assert_eq!(held(&of_guest(&shop, &token).await)[0].1, 1 + i64::try_from(done).unwrap());
    assert!(done > 0);
}

#[tokio::test]
async fn a_full_cart_is_read_and_takes_no_other_line() {
    let goods: Vec<String> = (0..101).map(|at| format!("S{at}")).collect();
    let goods: Vec<(&str, i64, i64)> = goods.iter().map(|sku| (sku.as_str(), 100, 9)).collect();
    let shop = Shop::selling(&Warehouse::of(&goods)).await;
    let token = Token::random();
    let full = |cart: &mut Cart| {
        cart.lines = goods[..100]
            .iter()
            .map(|(sku, _, _)| CartLine {
                id: cartwright_types::CartLineId::new(&*shop.clock),
                sku: (*sku).to_owned(),
                quantity: 1,
                unit_price: None,
            })
            .collect();
        Ok::<(), std::convert::Infallible>(())
    };
    shop.state.carts.update(CartOwner::Guest(token.hash()), None, true, full).await.unwrap();
    assert_eq!(held(&of_guest(&shop, token.expose()).await).len(), 100);
    let refused = add(&shop, "S100", 1).header("x-cart-token", token.expose()).send().await;
    assert_eq!(refused.expect_problem(422, "validation_failed")["errors"][0]["code"], "too_many_lines");
    let unknown = add(&shop, "NONE", 1).header("x-cart-token", token.expose()).send().await;
    assert_eq!(unknown.expect_problem(422, "validation_failed")["errors"][0]["code"], "unknown_sku");
    let more = add(&shop, "S99", 2).header("x-cart-token", token.expose()).send().await;
    assert_eq!(more.expect(200)["lines"][99]["quantity"], 3);
}
