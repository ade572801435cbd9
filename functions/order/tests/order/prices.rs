//! What orders cost: shipping by weight and price, tax by region, and what is stored and printed of it.

use axum::http::Method;
use cartwright_test_support::Answer;
use cartwright_types::{OrderId, Role, SystemClock, UserId, new_uuid};
use order::db::invoices;
use order::usecases::issue_invoice;
use serde_json::{Value, json};

use crate::support::Shop;
use crate::warehouse::Warehouse;

/// Tents of 19.99 and 2,400 g, books of 10.00 and 300 g in the class `books`, cards of 0.01 that weigh nothing.
pub fn stock() -> Warehouse {
    Warehouse::default()
        .with("TENT", 1999, "standard", Some(2400), 1000)
        .with("BOOK", 1000, "books", Some(300), 1000)
        .with("CARD", 1, "standard", None, 1_000_000)
}

pub fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// Makes something as staff; its id.
pub async fn make(shop: &Shop, list: &str, body: Value) -> String {
    let staff = UserId(uuid::Uuid::nil());
    let made = shop.app.post(list).as_role(staff, Role::Staff).json(&body).send().await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

pub async fn remove(shop: &Shop, path: &str) {
    let staff = UserId(uuid::Uuid::nil());
    let _ = shop.app.delete(path).as_role(staff, Role::Staff).send().await.expect(204);
}

/// A flat method for Germany and America at 4.90.
pub async fn post(shop: &Shop) -> String {
    let body = json!({ "code": "post", "name": "Post", "kind": "flat", "price": euros(490), "countries": ["DE", "US"] });
    make(shop, "/shipping-methods", body).await
}

/// An order for Berlin; `change` makes another one of it.
pub async fn order(shop: &Shop, user: UserId, method: &str, lines: &[(&str, i64)], change: Value) -> Answer {
    let lines: Vec<Value> =
        lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    let mut body = json!({
        "lines": lines, "shipping_method": method, "payment": { "provider": "test", "token": "tok_action_required" },
        "shipping_address": {
            "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"
        },
    });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let key = new_uuid(&SystemClock).to_string();
    shop.app
        .call(Method::POST, "/orders")
        .as_user(user)
        .header("idempotency-key", &key)
        .json(&body)
        .send()
        .await
}

fn california() -> Value {
    json!({
        "name": "Grace Hopper", "line1": "1 Main St", "city": "Fresno", "state": "ca", "postal_code": "93650", "country": "US"
    })
}

fn amounts(totals: &Value) -> [i64; 5] {
    ["lines", "discount", "shipping", "tax", "grand"].map(|name| totals[name]["amount"].as_i64().unwrap())
}

fn steps(totals: &Value) -> Vec<(&str, i64)> {
    let steps = totals["explain"].as_array().unwrap();
    steps
        .iter()
        .map(|step| (step["label"].as_str().unwrap(), step["amount"]["amount"].as_i64().unwrap()))
        .collect()
}

#[tokio::test]
async fn an_order_adds_up_shows_why_and_so_does_its_invoice() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    for (class, rate_bps) in [("standard", 1900), ("books", 700)] {
        let rate = json!({ "country": "DE", "tax_class": class, "rate_bps": rate_bps, "inclusive": true });
        make(&shop, "/tax-rates", rate).await;
    }
    make(&shop, "/promotions", json!({ "code": "Ten", "kind": "percent", "percent_off": 10 })).await;
    make(&shop, "/promotions", json!({ "code": "FIVE", "kind": "fixed", "amount_off": euros(500) })).await;
    let method = post(&shop).await;
    let change = json!({
        "promotion_codes": ["five", "TEN"], "payment": { "provider": "test", "token": "tok_success" },
        "expected_total": euros(4497),
    });
    let placed =
        order(&shop, user, &method, &[("TENT", 2), ("BOOK", 1), ("CARD", 10)], change).await.expect(201);
    assert_eq!(placed["status"], "paid");
    assert_eq!(placed["promotion_codes"], json!(["FIVE", "Ten"]));
    // 10 % of 50.08 is 5.01, then 5.00: 10.01 shared out over 39.98, 10.00 and 0.10.
    let totals = &placed["totals"];
    assert_eq!(amounts(totals), [5008, 1001, 490, 642, 4497]);
    assert_eq!(
        steps(totals),
        [("Lines", 5008), ("Ten (10 % off)", -501), ("FIVE (discount)", -500), ("Post", 490)]
    );
    let of_lines = |name: &str| -> Vec<i64> {
        placed["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line[name]["amount"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(of_lines("discount"), [799, 200, 2]);
    assert_eq!(of_lines("total"), [3199, 800, 8]);
    assert_eq!(of_lines("tax"), [511, 52, 1]);

    let id: OrderId = placed["id"].as_str().unwrap().parse().unwrap();
    issue_invoice::issue(&shop.state, id).await.unwrap();
    let invoice = invoices::of_order(shop.db.pool(), id).await.unwrap().unwrap().document.0;
    let printed = invoice.totals;
    assert_eq!(
        [printed.lines, printed.discount, printed.shipping, printed.tax, printed.grand],
        amounts(totals)
    );
    let rows = invoice.lines.iter().map(|line| (line.unit_price * line.quantity - line.discount, line.total));
    assert!(rows.clone().all(|(left, total)| left == total));
    assert_eq!(rows.map(|(_, total)| total).sum::<i64>() + invoice.shipping.unwrap().total, printed.grand);
    assert_eq!(invoice.taxes.iter().map(|row| row.gross).sum::<i64>(), printed.grand);
    assert_eq!(invoice.taxes.iter().map(|row| row.tax).sum::<i64>(), printed.tax);
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_whatever_the_provider_says() {
    let shop = Shop::selling(&stock()).await;
    let (user, method) = (shop.person(), post(&shop).await);
    make(&shop, "/promotions", json!({ "code": "ALL", "kind": "percent", "percent_off": 100 })).await;
    make(&shop, "/promotions", json!({ "code": "SHIP", "kind": "free_shipping" })).await;
    for token in ["tok_success", "tok_decline", "tok_action_required"] {
        let payment = json!({ "provider": "test", "token": token });
        let change = json!({ "promotion_codes": ["SHIP", "ALL"], "payment": payment });
        let placed = order(&shop, user, &method, &[("TENT", 2)], change).await.expect(201);
        assert_eq!(
            (&placed["status"], &placed["payment_status"]),
            (&json!("paid"), &json!("captured")),
            "{token}"
        );
        assert_eq!(amounts(&placed["totals"]), [3998, 3998, 0, 0, 0]);
    }
    // The provider never heard of it.
    let asked: i64 = sqlx::query_scalar("SELECT count(*) FROM test_provider_payments")
        .fetch_one(shop.db.pool())
        .await
        .unwrap();
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn orders_have_copies_of_what_they_cost() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    let rate = json!({ "country": "DE", "tax_class": "standard", "rate_bps": 1900, "inclusive": true });
    let rate = make(&shop, "/tax-rates", rate).await;
    let promotion = make(&shop, "/promotions", json!({ "code": "SHIP", "kind": "free_shipping" })).await;
    let method = post(&shop).await;
    let placed =
        order(&shop, user, &method, &[("TENT", 1)], json!({ "promotion_codes": ["SHIP"] })).await.expect(201);
    assert_eq!(amounts(&placed["totals"]), [1999, 0, 0, 319, 1999]);
    assert_eq!(steps(&placed["totals"]), [("Lines", 1999), ("Post", 490), ("SHIP (free shipping)", -490)]);
    remove(&shop, &format!("/tax-rates/{rate}")).await;
    remove(&shop, &format!("/promotions/{promotion}")).await;
    remove(&shop, &format!("/shipping-methods/{method}")).await;
    let path = format!("/orders/{}", placed["id"].as_str().unwrap());
    let read = shop.app.get(&path).as_user(user).send().await.expect(200);
    for name in ["totals", "promotion_codes", "shipping_method", "lines"] {
        assert_eq!(read[name], placed[name], "{name}");
    }
    // It ends as any other.
    shop.clock.advance(16 * 60);
    order::usecases::expire_orders::sweep(&shop.state).await.unwrap();
    assert_eq!(shop.app.get(&path).as_user(user).send().await.expect(200)["status"], "expired");
}

#[tokio::test]
async fn a_region_has_its_own_tax_on_top() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    let method = post(&shop).await;
    for (region, class, rate_bps) in
        [(None, "standard", 100), (Some("CA"), "standard", 725), (None, "books", 0)]
    {
        let rate = json!({ "country": "US", "region": region, "tax_class": class, "rate_bps": rate_bps, "inclusive": false });
        make(&shop, "/tax-rates", rate).await;
    }
    let lines = [("TENT", 1), ("BOOK", 1)];
    let of = async |address: Value| {
        let change = json!({ "shipping_address": address });
        order(&shop, user, &method, &lines, change).await.expect(201)["totals"].clone()
    };
    // 7.25 % of 19.99 is 1.449, of 4.90 0.355.
    let totals = of(california()).await;
    assert_eq!(amounts(&totals), [2999, 0, 490, 181, 3670]);
    assert_eq!(steps(&totals), [("Lines", 2999), ("Post", 490), ("Tax", 181)]);
    let mut nevada = california();
    nevada["state"] = json!("NV");
    assert_eq!(amounts(&of(nevada).await), [2999, 0, 490, 25, 3514]);
}

#[tokio::test]
async fn weight_decides_the_price_until_the_parcel_is_too_heavy() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    let tiers = json!([{ "up_to": 2400, "price": euros(490) }, { "up_to": 5000, "price": euros(990) }]);
    let method = make(
        &shop,
        "/shipping-methods",
        json!({ "code": "parcel", "name": "Parcel", "kind": "weight", "tiers": tiers, "countries": ["DE"] }),
    )
    .await;
    let of = async |lines: &[(&str, i64)]| order(&shop, user, &method, lines, json!({})).await;
    assert_eq!(amounts(&of(&[("TENT", 1), ("CARD", 500)]).await.expect(201)["totals"])[2], 490);
    assert_eq!(amounts(&of(&[("TENT", 1), ("BOOK", 1)]).await.expect(201)["totals"])[2], 990);
    let problem = of(&[("TENT", 3)]).await.expect_problem(422, "validation_failed");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&json!("/shipping_method"), &json!("beyond_last_tier"))
    );
}

#[tokio::test]
async fn a_large_order_ships_for_nothing_and_a_promotion_may_take_that_away() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    let tiers = json!([{ "up_to": 1998, "price": euros(490) }, { "price": euros(0) }]);
    let method = make(
        &shop,
        "/shipping-methods",
        json!({ "code": "post", "name": "Post", "kind": "price", "tiers": tiers, "countries": ["DE"] }),
    )
    .await;
    make(&shop, "/promotions", json!({ "code": "CENT", "kind": "fixed", "amount_off": euros(1) })).await;
    let of = async |codes: Value| {
        let change = json!({ "promotion_codes": codes });
        amounts(&order(&shop, user, &method, &[("TENT", 1)], change).await.expect(201)["totals"])
    };
    assert_eq!(of(json!([])).await, [1999, 0, 0, 0, 1999]);
    assert_eq!(of(json!(["CENT"])).await, [1999, 1, 490, 0, 2488]);
}

#[tokio::test]
async fn the_database_adds_up_too() {
    let shop = Shop::selling(&stock()).await;
    let user = shop.person();
    let method = post(&shop).await;
    let placed = order(&shop, user, &method, &[("TENT", 1)], json!({})).await.expect(201);
    let id: OrderId = placed["id"].as_str().unwrap().parse().unwrap();
    for (statement, constraint) in [
        ("UPDATE orders SET grand_total = grand_total - 1 WHERE id = $1", "orders_add_up"),
        ("UPDATE orders SET discount_total = 1 WHERE id = $1", "orders_add_up"),
        ("UPDATE order_lines SET total = total + 1 WHERE order_id = $1", "order_lines_add_up"),
    ] {
        let refused = sqlx::query(statement).bind(id.uuid()).execute(shop.db.pool()).await.unwrap_err();
        assert!(cartwright_database::violates(&refused, constraint), "{statement}: {refused}");
    }
}
