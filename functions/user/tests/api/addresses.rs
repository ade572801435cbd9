//! The address book.

use axum::http::Method;
use cartwright_types::{Role, SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::{EMAIL, Shop, text};

const BOOK: &str = "/users/me/addresses";

fn berlin() -> Value {
    json!({ "name": "Ada King", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE" })
}

fn with(mut address: Value, name: &str, value: impl Into<Value>) -> Value {
    address[name] = value.into();
    address
}

async fn add(shop: &Shop, who: &Value, address: &Value) -> Value {
    // Ids sort by time.
    shop.clock.advance(1);
    shop.call(Method::POST, BOOK, who).json(address).send().await.expect(201)
}

#[tokio::test]
async fn an_address_is_added_read_replaced_and_removed() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let answer =
        shop.call(Method::POST, BOOK, &ada).json(&with(berlin(), "phone", "+4930123456")).send().await;
    let added = answer.expect(201);
    let path = format!("{BOOK}/{}", text(&added, "id"));
    assert!(answer.header("location").unwrap().ends_with(&text(&added, "id")));
    let read = shop.call(Method::GET, &path, &ada).send().await;
    assert_eq!((read.expect(200), read.header("etag")), (added.clone(), answer.header("etag")));
    let tag = read.header("etag").unwrap().to_owned();
    assert!(
        shop.call(Method::GET, &path, &ada).header("if-none-match", &tag).send().await.expect(304).is_null()
    );

    let put = |tag: &str| {
        shop.call(Method::PUT, &path, &ada).header("if-match", tag).json(&with(
            berlin(),
            "line2",
            "3rd floor",
        ))
    };
    let replaced = put(&tag).send().await.expect(200);
    assert_eq!(
        (&replaced["line2"], &replaced["phone"], &replaced["id"]),
        (&json!("3rd floor"), &Value::Null, &added["id"])
    );
    put(&tag).send().await.expect_problem(412, "precondition_failed");
    shop.call(Method::DELETE, &path, &ada)
        .header("if-match", &tag)
        .send()
        .await
        .expect_problem(412, "precondition_failed");
    let _ = shop.call(Method::DELETE, &path, &ada).send().await.expect(204);
    for method in [Method::GET, Method::DELETE] {
        shop.call(method, &path, &ada).send().await.expect_problem(404, "not_found");
    }
    put("*").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn there_is_one_default_of_each_kind() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let both = with(with(berlin(), "default_shipping", true), "default_billing", true);
    let first = add(&shop, &ada, &both).await;
    let second = add(&shop, &ada, &with(berlin(), "default_shipping", true)).await;
    let defaults = async || {
        let page = shop.call(Method::GET, BOOK, &ada).send().await.expect(200);
        let data = page["data"].as_array().unwrap().clone();
        assert_eq!((&data[0]["id"], &data[1]["id"]), (&first["id"], &second["id"]));
        data.iter().map(|a| (a["default_shipping"] == true, a["default_billing"] == true)).collect::<Vec<_>>()
    };
    assert_eq!(defaults().await, [(false, true), (true, false)]);
    let path = format!("{BOOK}/{}", text(&first, "id"));
    let _ = shop.call(Method::PUT, &path, &ada).json(&both).send().await.expect(200);
    assert_eq!(defaults().await, [(true, true), (false, false)]);
    // At once, from many sides: still one.
    let path = format!("{BOOK}/{}", text(&second, "id"));
    let calls = (0..10).map(|round| {
        let target = if round % 2 == 0 { path.clone() } else { format!("{BOOK}/{}", text(&first, "id")) };
        shop.call(Method::PUT, &target, &ada).json(&both).send()
    });
    for answer in futures::future::join_all(calls).await {
        let _ = answer.expect(200);
    }
    assert_eq!(defaults().await.iter().filter(|(shipping, _)| *shipping).count(), 1);
}

#[tokio::test]
async fn a_retry_adds_nothing_and_another_body_under_the_key_is_refused() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let post = async |body: &Value| {
        shop.call(Method::POST, BOOK, &ada).header("idempotency-key", "k1").json(body).send().await
    };
    let (first, again) = (post(&berlin()).await, post(&berlin()).await);
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    assert_eq!(first.header("etag"), again.header("etag"));
    post(&with(berlin(), "city", "Bonn")).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.count("addresses").await, 1);
}

#[tokio::test]
async fn a_book_holds_a_hundred() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    for _ in 0..100 {
        add(&shop, &ada, &berlin()).await;
    }
    shop.call(Method::POST, BOOK, &ada)
        .json(&berlin())
        .send()
        .await
        .expect_problem(409, "too_many_addresses");
    let page = shop.call(Method::GET, &format!("{BOOK}?limit=60"), &ada).send().await.expect(200);
    let next = format!("{BOOK}?limit=60&cursor={}", text(&page, "next_cursor"));
    let page = shop.call(Method::GET, &next, &ada).send().await.expect(200);
    assert_eq!((page["data"].as_array().unwrap().len(), &page["next_cursor"]), (40, &Value::Null));
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let body = json!({ "name": " ", "line1": "a\u{0}b", "country": "Germany", "phone": "1", "default_shipping": 1, "owner": "x" });
    let problem =
        shop.call(Method::POST, BOOK, &ada).json(&body).send().await.expect_problem(422, "validation_failed");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    let expected =
        ["/city", "/country", "/default_shipping", "/line1", "/name", "/owner", "/phone", "/postal_code"];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn nobody_reaches_into_anothers_book_not_even_staff() {
    let shop = Shop::new().await;
    let (ada, eve) = (shop.joined(EMAIL).await, shop.joined("eve@example.com").await);
    let address = add(&shop, &ada, &berlin()).await;
    let (id, address_id) = (text(&ada["user"], "id"), text(&address, "id"));
    for path in [
        format!("/users/{id}/addresses/{address_id}"),
        format!("{BOOK}/{address_id}"),
        format!("{BOOK}/rubbish"),
    ] {
        shop.call(Method::GET, &path, &eve).send().await.expect_problem(404, "not_found");
        shop.call(Method::PUT, &path, &eve).json(&berlin()).send().await.expect_problem(404, "not_found");
        shop.call(Method::DELETE, &path, &eve).send().await.expect_problem(404, "not_found");
    }
    let book = format!("/users/{id}/addresses");
    shop.call(Method::POST, &book, &eve).json(&berlin()).send().await.expect_problem(404, "not_found");
    let staff = shop.app.get(&book).as_role(UserId::new(&SystemClock), Role::Staff);
    staff.send().await.expect_problem(404, "not_found");
    shop.app.get(&book).send().await.expect_problem(401, "unauthenticated");
    assert_eq!(
        shop.call(Method::GET, &book, &ada).send().await.expect(200)["data"].as_array().unwrap().len(),
        1
    );
}
