//! What a running shop shows of itself: traces, metrics, timing, and the status that operators read.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::resources;
use cartwright_types::{SystemClock, new_uuid};
use e2e::{Api, Shopper};
use localstack::{Options, Service, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A span, as far as the test cares.
#[derive(Debug, Clone)]
struct Span {
    service: String,
    name: String,
    id: String,
    parent: String,
    trace: String,
}

/// An OpenTelemetry collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (collector, url)
    }

    fn of(&self, trace: &str) -> Vec<Span> {
        self.0.lock().unwrap().iter().filter(|span| span.trace == trace).cloned().collect()
    }
}

async fn take(State(collector): State<Collector>, Json(body): Json<Value>) -> Json<Value> {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    for resource in list(&body, "resourceSpans") {
        let service = list(&resource["resource"], "attributes")
            .iter()
            .find(|attribute| attribute["key"] == "service.name")
            .and_then(|attribute| attribute["value"]["stringValue"].as_str().map(str::to_owned))
            .unwrap();
        for span in list(&resource, "scopeSpans").iter().flat_map(|scope| list(scope, "spans")) {
            let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
            collector.0.lock().unwrap().push(Span {
                service: service.clone(),
                name: text("name"),
                id: text("spanId"),
                parent: text("parentSpanId"),
                trace: text("traceId"),
            });
        }
    }
    Json(json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_seen_in_traces_metrics_and_timing() {
    let (collector, url) = Collector::start().await;
    let options = Options::from_env().unwrap().set("OTEL_EXPORTER_OTLP_ENDPOINT", &url);
    let stack = Stack::start(options).await.unwrap();
    let mailbox = stack.mailbox().await.unwrap();
    let shopper = Shopper::join(&Api::new(&stack.base_url()), mailbox.as_ref()).await.unwrap();

    one_trace_leads_from_the_click_to_the_mail(&shopper, &collector).await;
    metrics_count_requests_and_business(&stack).await;
    metrics_are_not_public(&stack, &shopper).await;
    every_answer_says_what_it_cost(&stack, &shopper).await;

    stack.stop().await.unwrap();
}

async fn one_trace_leads_from_the_click_to_the_mail(shopper: &Shopper, collector: &Collector) {
    let trace = new_uuid(&SystemClock).simple().to_string();
    let click = format!("00-{trace}-00f067aa0ba902b7-01");
    let products = shopper.get("/products?in_stock=true&limit=1").await.unwrap().expect(200).unwrap();
    let slug = products["data"][0]["slug"].as_str().unwrap();
    let product = shopper.get(&format!("/products/{slug}")).await.unwrap().expect(200).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let sku = variants.iter().find(|variant| variant["availability"] != "out").unwrap()["sku"].clone();
    let body = shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), "tok_success").await.unwrap();
    let key = new_uuid(&SystemClock).to_string();
    let headers = [("idempotency-key", key.as_str()), ("traceparent", click.as_str())];
    shopper.call_with(Method::POST, "/orders", &headers, &body).await.unwrap().expect(201).unwrap();

    let wanted = [
        ("api-gateway", "POST /orders"),
        ("order-service", "POST /orders"),
        ("order-service", "internal call"),
        ("product-service", "POST /internal/quotes"),
        ("product-service", "POST /internal/reservations"),
        ("product-service", "POST /internal/reservations/{id}/commit"),
        ("order-service", "order-events process"),
        ("notification-service", "notification-events process"),
        ("user-service", "GET /internal/users/{id}/contact"),
        ("notification-service", "email send"),
    ];
    let deadline = Instant::now() + Duration::from_mins(1);
    let spans = loop {
        let spans = collector.of(&trace);
        let seen: HashSet<(&str, &str)> =
            spans.iter().map(|span| (span.service.as_str(), span.name.as_str())).collect();
        // Two mails: the confirmation, and the invoice, which is made from the paid order.
        let mails = spans.iter().filter(|span| span.name == "email send").count();
        if wanted.iter().all(|span| seen.contains(span)) && mails >= 2 {
            break spans;
        }
        let missing: Vec<_> = wanted.iter().filter(|span| !seen.contains(*span)).collect();
        assert!(Instant::now() < deadline, "not in the trace: {missing:?}; seen {seen:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    // Every span hangs on another of the trace, up to the click.
    let by_id: HashMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    for span in &spans {
        assert!(
            span.parent == "00f067aa0ba902b7" || by_id.contains_key(span.parent.as_str()),
            "{span:?} hangs on nothing"
        );
    }
    let roots = spans.iter().filter(|span| span.parent == "00f067aa0ba902b7").count();
    assert_eq!(roots, 1, "the click has one child, the gateway's span");
}

async fn metrics(stack: &Stack, service: Service) -> String {
    let answer = reqwest::get(format!("{}/metrics", stack.admin_url(service))).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// The value of the one line that begins so.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

async fn metrics_count_requests_and_business(stack: &Stack) {
    let order = metrics(stack, Service::Order).await;
    let requests = "http_request_duration_seconds_count{method=\"POST\",route=\"/orders\",status=\"201\"}";
    assert_eq!(value(&order, requests), Some(1.0), "{order}");
    for event in ["order.placed", "order.paid", "invoice.issued"] {
        assert_eq!(value(&order, &format!("events_total{{event_type=\"{event}\"}}")), Some(1.0), "{event}");
    }
    assert_eq!(value(&order, "payments_total{outcome=\"captured\",provider=\"test\"}"), Some(1.0), "{order}");
    assert_eq!(value(&order, "database_connections{state=\"most\"}"), Some(10.0));
    assert_eq!(value(&order, "outbox_messages"), Some(0.0));
    assert!(value(&order, "outbox_lag_seconds").is_some());
    let done = value(&order, "queue_messages_total{outcome=\"done\",queue=\"order-events\"}");
    assert!(done >= Some(1.0), "{order}");
    assert!(value(&order, "queue_message_age_seconds_count{queue=\"order-events\"}") >= Some(1.0));
    let notification = metrics(stack, Service::Notification).await;
    let sent = value(&notification, "notifications_total{channel=\"email\",status=\"sent\"}");
    assert!(sent >= Some(3.0), "verification, confirmation and invoice: {notification}");
    for service in [Service::User, Service::Product, Service::ApiGateway] {
        let text = metrics(stack, service).await;
        assert!(text.contains("http_request_duration_seconds_bucket{"), "{service}: {text}");
    }
}

async fn metrics_are_not_public(stack: &Stack, shopper: &Shopper) {
    assert_eq!(shopper.get("/metrics").await.unwrap().status, 404);
    for service in Service::ALL {
        let answer = reqwest::get(format!("{}/metrics", stack.url(service))).await.unwrap();
        assert!([401, 404].contains(&answer.status().as_u16()), "{service}: {}", answer.status());
    }
}

async fn every_answer_says_what_it_cost(stack: &Stack, shopper: &Shopper) {
    let answer = shopper.get("/orders").await.unwrap();
    let timing: Vec<_> =
        answer.headers.get_all("server-timing").iter().map(|value| value.to_str().unwrap()).collect();
    let timing = timing.join(", ");
    for part in ["sql;desc=\"", "calls;desc=\"", "total;dur=", "gateway;dur="] {
        assert!(timing.contains(part), "{timing}");
    }
    assert!(!timing.contains("sql;desc=\"0\""), "a list of orders asks the database: {timing}");
    let index = shopper.get("/").await.unwrap();
    assert!(index.header("server-timing").unwrap().starts_with("gateway;dur="));
    for service in Service::ALL {
        let log = std::fs::read_to_string(stack.logs().join(format!("{service}.log"))).unwrap();
        let over: Vec<&str> = log.lines().filter(|line| line.contains("over its query budget")).collect();
        assert!(over.is_empty(), "{service}: {over:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_the_services_and_every_queue_as_they_are() {
    let stack = Stack::start(Options::from_env().unwrap().without_catalogue()).await.unwrap();
    let mailbox = stack.mailbox().await.unwrap();
    let mut staff = Shopper::join(&Api::new(&stack.base_url()), mailbox.as_ref()).await.unwrap();
    staff.get("/status").await.unwrap().expect(403).unwrap();
    staff.hire(&stack).await.unwrap();

    let status = staff.get("/status").await.unwrap().expect(200).unwrap();
    for service in status["services"].as_array().unwrap() {
        let name = service["name"].as_str().unwrap();
        assert_eq!(service["status"], "ok", "{service}");
        assert_eq!(service["versions"], json!([env!("CARGO_PKG_VERSION")]), "{name}");
        assert_eq!(service["replicas"][0]["state"], "ready", "{name}");
        assert!(!service["dependencies"].as_array().unwrap().is_empty(), "{name}");
    }
    assert!(service(&status, "user")["requests"]["since_start"]["count"].as_u64() >= Some(3), "{status}");
    assert_eq!(status["limits"]["store"], "shared");
    let queues = status["queues"]["queues"].as_array().unwrap();
    let names: Vec<&str> = queues.iter().map(|queue| queue["name"].as_str().unwrap()).collect();
    let expected: Vec<&str> = resources().queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(names, expected);
    for queue in queues {
        for side in ["messages", "dead_letters"] {
            assert_eq!(queue[side]["readable"], true, "{queue}");
        }
    }

    a_dead_letter_shows_within_the_time_that_depths_are_kept(&stack, &staff).await;
    what_is_gone_is_told_and_not_taken_for_empty(stack, &staff).await;
}

fn service<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["services"].as_array().unwrap().iter().find(|service| service["name"] == name).unwrap()
}

fn queue<'a>(status: &'a Value, name: &str) -> &'a Value {
    let queues = status["queues"]["queues"].as_array().unwrap();
    queues.iter().find(|queue| queue["name"] == name).unwrap()
}

async fn until(staff: &Shopper, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let status = staff.get("/status").await.unwrap().expect(200).unwrap();
        if fits(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "never: {what}: {status}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn a_dead_letter_shows_within_the_time_that_depths_are_kept(stack: &Stack, staff: &Shopper) {
    let sqs = &stack.aws().sqs;
    let name = stack.names().of("order-events-dlq");
    let url = sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(&url).message_body("{}").send().await.unwrap();
    let status =
        until(staff, "a dead letter", |status| queue(status, "order-events")["dead_letters"]["visible"] == 1)
            .await;
    assert_eq!(queue(&status, "user-events")["dead_letters"]["visible"], 0);
}

async fn what_is_gone_is_told_and_not_taken_for_empty(mut stack: Stack, staff: &Shopper) {
    let sqs = &stack.aws().sqs;
    let name = stack.names().of("image-uploads-dlq");
    let url = sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
    sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let unread = json!({ "readable": false, "visible": null, "in_flight": null, "delayed": null });
    let status =
        until(staff, "no queue", |status| queue(status, "image-uploads")["dead_letters"] == unread).await;
    assert_eq!(queue(&status, "image-uploads")["messages"]["readable"], true);

    stack.kill(Service::Product);
    // An address is tried again between two times that it is passed over.
    let is_gone = |status: &Value| {
        let product = service(status, "product");
        product["status"] == "down" && product["replicas"][0]["state"] == "ejected"
    };
    let status = until(staff, "no service", is_gone).await;
    assert_eq!(service(&status, "order")["replicas"][0]["state"], "ready");
    stack.stop().await.unwrap();
}
