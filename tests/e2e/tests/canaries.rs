//! Secrets and personal data are planted on every path, the failing ones too; no log may hold one.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use cartwright_types::{SystemClock, new_uuid};
use e2e::{Api, PASSWORD, Shopper, token_in};
use localstack::databases::Database;
use localstack::mail::{Mailbox, wait_for};
use localstack::{Options, Service, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Everything of ours speaks, and the libraries as they do in production.
const LOG_LEVEL: &str = "info,api_gateway=debug,user=debug,product=debug,order=debug,notification=debug,\
    cartwright_web=debug,cartwright_runtime=debug,cartwright_database=debug,cartwright_messaging=debug";

const MAIL: Duration = Duration::from_mins(1);

/// What must not be found, with the name that a failure shows.
#[derive(Default)]
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// A new secret, planted by the caller.
    fn plant(&mut self, name: &'static str, text: impl Into<String>) -> String {
        let text = text.into();
        assert!(text.len() >= 8, "{name} is too short to be found for sure");
        self.0.push((name, text.clone()));
        text
    }

    fn found_in(&self, log: &str) -> Vec<&'static str> {
        self.0.iter().filter(|(_, text)| log.contains(text)).map(|(name, _)| *name).collect()
    }
}

fn unique(prefix: &str) -> String {
    format!("{prefix}{}", new_uuid(&SystemClock).simple())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_holds_a_secret_or_personal_data() {
    let mut options = Options::from_env().unwrap();
    LOG_LEVEL.clone_into(&mut options.log_level);
    let mut stack = Stack::start(options).await.unwrap();
    let mailbox = stack.mailbox().await.unwrap();
    let api = Api::new(&stack.base_url());
    let mut canaries = Canaries::default();

    secrets_of_the_environment(&stack, &mut canaries).await;
    let shopper = sign_up(&api, mailbox.as_ref(), &mut canaries).await;
    wrong_credentials(&shopper, &mut canaries).await;
    buying(&shopper, &mut canaries).await;
    rubbish(&shopper, &mut canaries).await;
    a_new_password(&shopper, mailbox.as_ref(), &mut canaries).await;
    without_a_database(&stack, &shopper).await;
    without_a_service(&mut stack, &shopper).await;

    assert!(canaries.0.len() >= 20, "{} canaries", canaries.0.len());
    for service in Service::ALL {
        let log = std::fs::read_to_string(stack.logs().join(format!("{service}.log"))).unwrap();
        assert!(log.lines().count() > 5, "{service} has logged next to nothing");
        let found = canaries.found_in(&log);
        let lines: Vec<&str> = log.lines().filter(|line| !canaries.found_in(line).is_empty()).collect();
        assert!(found.is_empty(), "{service} logged {found:?}: {lines:#?}");
    }
    stack.stop().await.unwrap();
}

async fn secrets_of_the_environment(stack: &Stack, canaries: &mut Canaries) {
    let url = stack.env(Service::Order)["DATABASE_URL"].clone();
    let password = url.split_once("://").unwrap().1.split_once('@').unwrap().0.split_once(':').unwrap().1;
    canaries.plant("database password", password);
    for (name, field, canary) in [
        ("identity/order", "/current", "internal signing key"),
        ("jwt-keys", "/keys/0/d", "private JWT key"),
        ("token-key", "/key", "refresh token key"),
        ("guest-token-keys", "/current", "guest token key"),
    ] {
        let id = format!("{}{name}", stack.names().secrets_prefix);
        let secret = stack.aws().secrets.get_secret_value().secret_id(id).send().await.unwrap();
        let secret: Value = serde_json::from_str(secret.secret_string().unwrap()).unwrap();
        canaries.plant(canary, secret.pointer(field).unwrap().as_str().unwrap());
    }
}

async fn sign_up(api: &Api, mailbox: &dyn Mailbox, canaries: &mut Canaries) -> Shopper {
    let mut shopper = Shopper::new(api);
    canaries.plant("e-mail address", shopper.email.clone());
    canaries.plant("password", PASSWORD);
    let body = json!({
        "email": shopper.email, "password": PASSWORD,
        "full_name": canaries.plant("name", unique("Canary ")),
        "phone": canaries.plant("telephone", "+4915112345678"),
    });
    shopper.post("/auth/register", &body).await.unwrap().expect(202).unwrap();
    let mail = wait_for(mailbox, &shopper.email, MAIL, |mail| mail.text.contains("?token=")).await.unwrap();
    let token = canaries.plant("verification token", token_in(&mail.text).unwrap());
    shopper.post("/auth/email/verify", &json!({ "token": token })).await.unwrap().expect(204).unwrap();
    let login = shopper.login().await.unwrap();
    canaries.plant("access token", login["access_token"].as_str().unwrap());
    let refresh = canaries.plant("refresh token", login["refresh_token"].as_str().unwrap());
    for _ in 0..2 {
        let body = json!({ "refresh_token": refresh });
        let next = shopper.post("/auth/refresh", &body).await.unwrap().expect(200).unwrap();
        canaries.plant("next refresh token", next["refresh_token"].as_str().unwrap());
    }
    shopper
}

async fn wrong_credentials(shopper: &Shopper, canaries: &mut Canaries) {
    let wrong = canaries.plant("wrong password", unique("wrong password "));
    let body = json!({ "email": shopper.email, "password": wrong });
    assert_eq!(shopper.post("/auth/login", &body).await.unwrap().status, 401);
    let forged = canaries.plant("forged token", unique("eyJhbGciOiJub25lIn0."));
    let key = canaries.plant("API key", unique("ck_live_"));
    for bearer in [forged, key] {
        let headers = [("authorization", format!("Bearer {bearer}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let stranger = Shopper { token: None, ..shopper.clone() };
        let answer = stranger.call_with(Method::GET, "/orders", &headers, &Value::Null).await.unwrap();
        assert_eq!(answer.status, 401);
    }
    let refresh = canaries.plant("unknown refresh token", unique("refresh"));
    let body = json!({ "refresh_token": refresh });
    assert_eq!(shopper.post("/auth/refresh", &body).await.unwrap().status, 401);
    let token = canaries.plant("unknown link token", unique("link"));
    let body = json!({ "token": token });
    assert_eq!(shopper.post("/auth/email/verify", &body).await.unwrap().status, 400);
}

async fn buying(shopper: &Shopper, canaries: &mut Canaries) {
    let products = shopper.get("/products?in_stock=true&limit=1").await.unwrap().expect(200).unwrap();
    let slug = products["data"][0]["slug"].as_str().unwrap();
    let product = shopper.get(&format!("/products/{slug}")).await.unwrap().expect(200).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let sku = variants.iter().find(|variant| variant["availability"] != "out").unwrap()["sku"].clone();
    let lines = json!([{ "sku": sku, "quantity": 1 }]);
    let mut body = shopper.order_body(Some(lines), "tok_success").await.unwrap();
    body["shipping_address"]["line1"] = json!(canaries.plant("street", unique("Canary Street ")));
    body["shipping_address"]["name"] = json!(canaries.plant("recipient", unique("Recipient ")));
    body["note"] = json!(canaries.plant("note with a card number", "my card is 4242 4242 4242 4242"));
    let key = new_uuid(&SystemClock).to_string();
    let order = shopper.order(&key, &body).await.unwrap().expect(201).unwrap();
    as_a_guest(shopper, &body, canaries).await;
    let path = format!("/orders/{}/invoice", order["id"].as_str().unwrap());
    for _ in 0..300 {
        if shopper.get(&path).await.unwrap().status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    body["payment"]["token"] = json!(canaries.plant("card number as a token", "4000056655665556"));
    let key = new_uuid(&SystemClock).to_string();
    assert_eq!(shopper.order(&key, &body).await.unwrap().status, 422);
}

async fn as_a_guest(shopper: &Shopper, body: &Value, canaries: &mut Canaries) {
    let guest = Shopper { token: None, ..Shopper::new(&shopper.api) };
    let filled = guest.post("/cart/items", &body["lines"][0]).await.unwrap();
    let cart = canaries.plant("cart token", filled.header("x-cart-token").unwrap());
    let mut body = body.clone();
    body["email"] = json!(canaries.plant("e-mail address of a guest", guest.email.clone()));
    let key = new_uuid(&SystemClock).to_string();
    let headers = [("idempotency-key", key.as_str()), ("x-cart-token", &cart)];
    let order = guest.call_with(Method::POST, "/orders", &headers, &body).await.unwrap().expect(201).unwrap();
    let token = canaries.plant("order token", order["order_token"].as_str().unwrap());
    let link = format!("/orders/{}?order_token={token}", order["id"].as_str().unwrap());
    guest.get(&link).await.unwrap().expect(200).unwrap();
}

async fn rubbish(shopper: &Shopper, canaries: &mut Canaries) {
    let cases = [
        (
            Method::POST,
            "/cart/items",
            json!({ "sku": canaries.plant("unknown sku", unique("SKU-")), "quantity": 1 }),
        ),
        (Method::POST, "/cart/items", json!({ canaries.plant("field name", unique("field_")): 1 })),
        (Method::POST, "/auth/login", json!(canaries.plant("body that is a string", unique("just text ")))),
    ];
    for (method, path, body) in cases {
        let answer = shopper.call(method, path, &body).await.unwrap();
        assert_eq!(answer.status, 422, "{path}");
    }
    let secret = canaries.plant("secret in a path", unique("path"));
    assert_eq!(shopper.get(&format!("/orders/{secret}")).await.unwrap().status, 404);
    assert_eq!(shopper.get(&format!("/nowhere/{secret}")).await.unwrap().status, 404);
    let secret = canaries.plant("secret in a query", unique("query"));
    assert_eq!(shopper.get(&format!("/products?token={secret}")).await.unwrap().status, 400);
    let secret = canaries.plant("secret in headers", unique("header"));
    let headers = [
        ("cookie", secret.as_str()),
        ("x-order-token", &secret),
        ("x-cart-token", &secret),
        ("x-request-id", &format!("{secret} no id")),
        ("idempotency-key", &secret),
        ("stripe-signature", &secret),
        ("user-agent", &secret),
        ("x-refresh-token", &secret),
    ];
    shopper.call_with(Method::GET, "/cart", &headers, &Value::Null).await.unwrap().expect(200).unwrap();
}

async fn a_new_password(shopper: &Shopper, mailbox: &dyn Mailbox, canaries: &mut Canaries) {
    let body = json!({ "email": shopper.email });
    shopper.post("/auth/password/forgot", &body).await.unwrap().expect(202).unwrap();
    let mail = wait_for(mailbox, &shopper.email, MAIL, |mail| mail.text.contains("reset?token=")).await;
    let token = canaries.plant("reset token", token_in(&mail.unwrap().text).unwrap());
    let password = canaries.plant("new password", unique("a new password "));
    let body = json!({ "token": token, "password": password });
    shopper.post("/auth/password/reset", &body).await.unwrap().expect(204).unwrap();
}

/// Every route that needs a database fails, and says so without saying what was asked of it.
async fn without_a_database(stack: &Stack, shopper: &Shopper) {
    for (database, path) in
        [(Database::Users, "/users/me"), (Database::Orders, "/orders"), (Database::Products, "/products")]
    {
        let url = stack.database_url(database);
        let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let server = url.replacen(&format!("/{name}"), "/postgres", 1);
        let mut server = PgConnection::connect(&server).await.unwrap();
        let allow = async |server: &mut PgConnection, allowed: bool| {
            let sql = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *server).await.unwrap();
        };
        allow(&mut server, false).await;
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
            .bind(&name)
            .execute(&mut server)
            .await
            .unwrap();
        let answer = shopper.get(path).await.unwrap();
        assert!(answer.status >= 500, "{path}: {}", answer.status);
        let body = json!({ "email": shopper.email, "password": PASSWORD });
        if database == Database::Users {
            assert!(shopper.post("/auth/login", &body).await.unwrap().status >= 500);
        }
        allow(&mut server, true).await;
    }
}

async fn without_a_service(stack: &mut Stack, shopper: &Shopper) {
    stack.kill(Service::Product);
    let body = json!({ "sku": "CW-0001", "quantity": 1 });
    assert_eq!(shopper.post("/cart/items", &body).await.unwrap().status, 503);
    stack.start_service(Service::Product).await.unwrap();
}
