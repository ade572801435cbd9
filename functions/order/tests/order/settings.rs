//! Shipping methods, tax rates and promotions as staff keep them.

use axum::http::Method;
use cartwright_test_support::{Call, TestApp};
use cartwright_types::{Role, SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::Shop;

fn as_staff(app: &TestApp, method: Method, path: &str) -> Call {
    app.call(method, path).as_role(UserId(uuid::Uuid::nil()), Role::Staff)
}

fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn standard() -> Value {
    json!({ "code": "Standard", "name": "Standard delivery", "kind": "flat", "price": euros(490), "countries": ["DE", "AT", "DE"] })
}

fn parcel() -> Value {
    json!({
        "code": "parcel", "name": "Parcel", "kind": "weight", "countries": ["DE"],
        "tiers": [{ "up_to": 1000, "price": euros(590) }, { "price": euros(390) }],
    })
}

fn rate(country: &str, region: Option<&str>, class: &str, inclusive: bool) -> Value {
    json!({ "country": country, "region": region, "tax_class": class, "rate_bps": 1900, "inclusive": inclusive })
}

fn ten(code: &str) -> Value {
    json!({ "code": code, "kind": "percent", "percent_off": 10 })
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

/// What is the same for all three: a life from POST to DELETE.
async fn lives(shop: &Shop, list: &str, body: &Value, other: &Value) -> Value {
    let answer = as_staff(&shop.app, Method::POST, list).json(body).send().await;
    let made = answer.expect(201);
    let path = format!("{list}/{}", made["id"].as_str().unwrap());
    let tag = answer.header("etag").unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(path.as_str()));
    let read = as_staff(&shop.app, Method::GET, &path).send().await;
    assert_eq!((read.expect(200), read.header("etag")), (made.clone(), Some(tag.as_str())));
    assert_eq!(read.header("cache-control"), Some("private, no-store"));
    let again = as_staff(&shop.app, Method::GET, &path).header("if-none-match", &tag).send().await;
    assert_eq!((again.expect(304), again.header("etag")), (Value::Null, Some(tag.as_str())));
    let page = as_staff(&shop.app, Method::GET, list).send().await.expect(200);
    assert_eq!((&page["data"][0], &page["next_cursor"]), (&made, &Value::Null));

    let put =
        |tag: &str, body: &Value| as_staff(&shop.app, Method::PUT, &path).header("if-match", tag).json(body);
    // Nothing new is no change.
    let same = put(&tag, body).send().await;
    assert_eq!((same.expect(200), same.header("etag")), (made.clone(), Some(tag.as_str())));
    let changed = put(&tag, other).send().await;
    let shown = changed.expect(200);
    assert_eq!((&shown["id"], &shown["created_at"]), (&made["id"], &made["created_at"]));
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    put(&tag, body).send().await.expect_problem(412, "precondition_failed");
    let delete = || as_staff(&shop.app, Method::DELETE, &path);
    delete().header("if-match", &tag).send().await.expect_problem(412, "precondition_failed");
    let _ = delete().send().await.expect(204);
    for method in [Method::GET, Method::DELETE] {
        as_staff(&shop.app, method, &path).send().await.expect_problem(404, "not_found");
    }
    put("*", body).send().await.expect_problem(404, "not_found");
    as_staff(&shop.app, Method::GET, &format!("{list}/rubbish"))
        .send()
        .await
        .expect_problem(404, "not_found");
    shown
}

#[tokio::test]
async fn a_shipping_method_is_made_read_replaced_and_removed() {
    let shop = Shop::open().await;
    let shown = lives(&shop, "/shipping-methods", &standard(), &parcel()).await;
    // What it costs at least, of its tiers.
    assert_eq!(shown["price"], euros(390));
    assert_eq!(
        shown["tiers"],
        json!([{ "up_to": 1000, "price": euros(590) }, { "up_to": null, "price": euros(390) }])
    );
}

#[tokio::test]
async fn a_tax_rate_is_made_read_replaced_and_removed() {
    let shop = Shop::open().await;
    let (whole, part) = (rate("DE", None, "standard", true), rate("US", Some("CA"), "standard", false));
    let shown = lives(&shop, "/tax-rates", &whole, &part).await;
    assert_eq!((&shown["region"], &shown["inclusive"]), (&json!("CA"), &json!(false)));
}

#[tokio::test]
async fn a_promotion_is_made_read_replaced_and_removed() {
    let shop = Shop::open().await;
    let five = json!({
        "code": "FIVE", "kind": "fixed", "amount_off": euros(500), "max_redemptions": 3, "max_per_customer": 1,
        "starts_at": "2026-11-01T02:00:00.1234567+02:00", "ends_at": "2099-01-01T00:00:00Z",
    });
    let shown = lives(&shop, "/promotions", &ten("Ten"), &five).await;
    assert_eq!((&shown["percent_off"], &shown["amount_off"]), (&Value::Null, &euros(500)));
    assert_eq!((&shown["starts_at"], &shown["redeemed"]), (&json!("2026-11-01T00:00:00.123456Z"), &json!(0)));
}

#[tokio::test]
async fn what_orders_depend_on_is_for_everybody_and_promotions_are_for_staff() {
    let shop = Shop::open().await;
    let buyer = UserId::new(&SystemClock);
    for (list, body) in [
        ("/shipping-methods", standard()),
        ("/tax-rates", rate("DE", None, "standard", true)),
        ("/promotions", ten("TEN")),
    ] {
        let made = as_staff(&shop.app, Method::POST, list).json(&body).send().await.expect(201);
        let path = format!("{list}/{}", made["id"].as_str().unwrap());
        for (method, path) in [(Method::POST, list), (Method::PUT, &path), (Method::DELETE, &path)] {
            let call = || shop.app.call(method.clone(), path).json(&body);
            call().send().await.expect_problem(401, "unauthenticated");
            call().as_user(buyer).send().await.expect_problem(403, "forbidden");
        }
        for path in [list, &path] {
            let (anybody, customer) =
                (shop.app.get(path).send().await, shop.app.get(path).as_user(buyer).send().await);
            if list == "/promotions" {
                anybody.expect_problem(401, "unauthenticated");
                customer.expect_problem(403, "forbidden");
            } else {
                assert_eq!(anybody.expect(200), customer.expect(200));
                let kept = "public, max-age=5, stale-while-revalidate=30";
                assert_eq!(anybody.header("cache-control"), Some(kept));
            }
        }
    }
}

#[tokio::test]
async fn a_code_is_one_thing_whatever_its_case() {
    let shop = Shop::open().await;
    for (list, body, code) in
        [("/shipping-methods", standard(), "sTANDARD"), ("/promotions", ten("Ten"), "tEN")]
    {
        let _ = as_staff(&shop.app, Method::POST, list).json(&body).send().await.expect(201);
        let other = as_staff(&shop.app, Method::POST, list)
            .json(&with(body.clone(), "code", "x"))
            .send()
            .await
            .expect(201);
        let same = with(body, "code", code);
        as_staff(&shop.app, Method::POST, list).json(&same).send().await.expect_problem(409, "code_taken");
        let path = format!("{list}/{}", other["id"].as_str().unwrap());
        as_staff(&shop.app, Method::PUT, &path).json(&same).send().await.expect_problem(409, "code_taken");
    }
}

#[tokio::test]
async fn one_place_has_one_rate_of_a_class_and_one_country_one_way() {
    let shop = Shop::open().await;
    let post = |body: &Value| as_staff(&shop.app, Method::POST, "/tax-rates").json(body).send();
    let german = post(&rate("DE", None, "standard", true)).await.expect(201);
    post(&rate("DE", None, "standard", true)).await.expect_problem(409, "tax_rate_taken");
    let _ = post(&rate("DE", Some("Bayern"), "standard", true)).await.expect(201);
    post(&rate("DE", Some("BAYERN"), "standard", true)).await.expect_problem(409, "tax_rate_taken");
    post(&rate("DE", None, "reduced", false)).await.expect_problem(409, "tax_rates_disagree");
    let path = format!("/tax-rates/{}", german["id"].as_str().unwrap());
    let put = |body: Value| as_staff(&shop.app, Method::PUT, &path).json(&body).send();
    put(rate("DE", None, "standard", false)).await.expect_problem(409, "tax_rates_disagree");
    let _ = put(rate("US", None, "standard", false)).await.expect(200);
    // At once, from two sides: one of them wins, and the country is of one mind.
    let sides =
        [true, false].map(|inclusive| post(&rate("FR", None, if inclusive { "a" } else { "b" }, inclusive)));
    let statuses: Vec<u16> =
        futures::future::join_all(sides).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert!(statuses == [201, 409] || statuses == [409, 201], "{statuses:?}");
}

#[tokio::test]
async fn lists_go_page_by_page_in_their_order() {
    let shop = Shop::open().await;
    for code in ["b", "A", "d", "C", "e"] {
        let _ = as_staff(&shop.app, Method::POST, "/promotions").json(&ten(code)).send().await.expect(201);
        let method = with(standard(), "code", code);
        let _ = as_staff(&shop.app, Method::POST, "/shipping-methods").json(&method).send().await.expect(201);
        let tax = rate("DE", Some(code), "standard", true);
        let _ = as_staff(&shop.app, Method::POST, "/tax-rates").json(&tax).send().await.expect(201);
    }
    for (list, of, expected) in [
        ("/promotions", "code", ["A", "b", "C", "d", "e"]),
        ("/shipping-methods", "code", ["A", "b", "C", "d", "e"]),
        ("/tax-rates", "region", ["A", "C", "b", "d", "e"]),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{list}?limit=2{cursor}");
            let page = as_staff(&shop.app, Method::GET, &path).send().await.expect(200);
            seen.extend(
                page["data"].as_array().unwrap().iter().map(|row| row[of].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{list}");
        for query in ["limit=0", "sort=code", "cursor=x"] {
            let path = format!("{list}?{query}");
            as_staff(&shop.app, Method::GET, &path).send().await.expect_problem(400, "invalid_parameter");
        }
    }
}

#[tokio::test]
async fn a_retry_makes_nothing_twice() {
    let shop = Shop::open().await;
    for (list, body) in [
        ("/shipping-methods", standard()),
        ("/tax-rates", rate("DE", None, "standard", true)),
        ("/promotions", ten("TEN")),
    ] {
        let post = |key: &str, body: &Value| {
            let key = format!("{key}{list}");
            as_staff(&shop.app, Method::POST, list).header("idempotency-key", &key).json(body).send()
        };
        let (first, again) = (post("k1", &body).await, post("k1", &body).await);
        assert_eq!(first.expect(201), again.expect(201));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let reused = with(body.clone(), if list == "/tax-rates" { "tax_class" } else { "code" }, "other");
        post("k1", &reused).await.expect_problem(422, "idempotency_key_reused");
        let (taken, replayed) = (post("k2", &body).await, post("k2", &body).await);
        assert_eq!(
            (taken.expect(409), replayed.header("idempotency-replayed")),
            (replayed.expect(409), Some("true"))
        );
    }
}

/// Pointers and codes of what is wrong.
async fn wrong(shop: &Shop, list: &str, body: &Value) -> Vec<(String, String)> {
    let problem = as_staff(&shop.app, Method::POST, list)
        .json(body)
        .send()
        .await
        .expect_problem(422, "validation_failed");
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let mut errors: Vec<(String, String)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (text(error, "pointer"), text(error, "code")))
        .collect();
    errors.sort();
    errors
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let shop = Shop::open().await;
    let dollars = json!({ "amount": 1, "currency": "USD" });
    let tier = |up_to: Value| json!({ "up_to": up_to, "price": euros(1) });
    let methods = "/shipping-methods";
    let cases = [
        (methods, with(standard(), "price", Value::Null), "/price", "required"),
        (methods, with(standard(), "price", dollars.clone()), "/price", "wrong_currency"),
        (methods, with(standard(), "tiers", json!([tier(json!(1))])), "/tiers", "not_for_this_kind"),
        (methods, with(standard(), "kind", "volume"), "/kind", "unknown_kind"),
        (methods, with(standard(), "code", "a b"), "/code", "invalid_code"),
        (methods, with(standard(), "countries", json!([])), "/countries", "too_short"),
        (methods, with(parcel(), "tiers", Value::Null), "/tiers", "required"),
        (
            methods,
            with(parcel(), "tiers", json!([tier(json!(2)), tier(json!(1))])),
            "/tiers",
            "not_ascending",
        ),
        (methods, with(parcel(), "tiers", json!([{ "price": dollars }])), "/tiers/0/price", "wrong_currency"),
        (methods, with(parcel(), "tiers", json!([tier(json!(-1))])), "/tiers/0/up_to", "out_of_range"),
        (methods, with(standard(), "id", "x"), "/id", "unknown_field"),
        (
            "/tax-rates",
            with(rate("DE", None, "standard", true), "rate_bps", 10_001),
            "/rate_bps",
            "out_of_range",
        ),
        ("/tax-rates", rate("de", None, "standard", true), "/country", "invalid_country"),
        ("/tax-rates", rate("DE", Some(" "), "standard", true), "/region", "too_short"),
        ("/tax-rates", rate("DE", None, "Standard", true), "/tax_class", "invalid_tax_class"),
        ("/promotions", with(ten("T"), "percent_off", 0), "/percent_off", "out_of_range"),
        ("/promotions", with(ten("T"), "percent_off", 101), "/percent_off", "out_of_range"),
        ("/promotions", with(ten("T"), "percent_off", Value::Null), "/percent_off", "required"),
        ("/promotions", with(ten("T"), "amount_off", euros(1)), "/amount_off", "not_for_this_kind"),
        ("/promotions", with(ten("T"), "kind", "bogo"), "/kind", "unknown_kind"),
        ("/promotions", with(ten("T"), "max_redemptions", 0), "/max_redemptions", "out_of_range"),
        ("/promotions", with(ten("T"), "starts_at", "tomorrow"), "/starts_at", "invalid_time"),
        ("/promotions", with(ten("T"), "redeemed", 0), "/redeemed", "unknown_field"),
        (
            "/promotions",
            json!({ "code": "F", "kind": "fixed", "amount_off": euros(0) }),
            "/amount_off",
            "out_of_range",
        ),
        (
            "/promotions",
            json!({ "code": "F", "kind": "fixed", "amount_off": dollars }),
            "/amount_off",
            "wrong_currency",
        ),
        (
            "/promotions",
            with(with(ten("T"), "starts_at", "2026-01-02T00:00:00Z"), "ends_at", "2026-01-02T01:00:00+01:00"),
            "/ends_at",
            "out_of_range",
        ),
    ];
    for (list, body, pointer, code) in cases {
        assert_eq!(wrong(&shop, list, &body).await, [(pointer.to_owned(), code.to_owned())], "{list} {body}");
    }
    let all = wrong(&shop, "/promotions", &json!({ "code": "", "kind": 1, "nothing": 1 })).await;
    let pointers: Vec<&str> = all.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/code", "/kind", "/nothing"]);
}
