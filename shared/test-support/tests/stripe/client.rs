//! A caller of the stand-in.

use cartwright_test_support::FakeClock;
use cartwright_test_support::stripe::{API_VERSION, SECRET_KEY, StripeStandIn};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

pub struct Caller {
    pub stripe: StripeStandIn,
    http: Client,
}

impl Caller {
    pub async fn new() -> Self {
        Self::at(StripeStandIn::start(FakeClock::new()).await)
    }

    pub fn at(stripe: StripeStandIn) -> Self {
        Self { stripe, http: Client::builder().no_proxy().tls_certs_only([]).build().unwrap() }
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.stripe.base_url());
        let request = self.http.request(method.parse().unwrap(), url);
        request.bearer_auth(SECRET_KEY).header("stripe-version", API_VERSION)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request("GET", path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        read(self.request("POST", path).body(body.to_owned()).send().await.unwrap()).await
    }

    pub async fn keyed(&self, key: &str, path: &str, body: &str) -> Response {
        let request = self.request("POST", path).header("idempotency-key", key);
        request.body(body.to_owned()).send().await.unwrap()
    }

    /// A new intent that is confirmed with `method`.
    pub async fn pay(&self, method: &str, more: &str) -> (u16, Value) {
        let body = format!(
            "amount=1000&currency=eur&confirm=true&payment_method={method}&payment_method_types[]=card{more}"
        );
        self.post("/v1/payment_intents", &body).await
    }

    pub async fn paid(&self) -> String {
        let (status, intent) = self.pay("pm_card_visa", "").await;
        assert_eq!((status, &intent["status"]), (200, &"succeeded".into()), "{intent}");
        intent["id"].as_str().unwrap().to_owned()
    }
}

pub async fn read(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}
