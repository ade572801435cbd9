//! Requests as events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_test_support::lambda::FunctionError;
use e2e::{PASSWORD, Shopper};
use localstack::Service;
use serde_json::{Value, json};

use crate::world::{World, base64_request, body, request};

const KINDS: [&str; 4] = ["alb", "alb-multi-value", "api-gateway-v2", "function-url"];

/// A header of an answer, wherever that kind of answer has it.
fn header<'a>(kind: &str, answer: &'a Value, name: &str) -> &'a str {
    let value = match kind {
        "alb-multi-value" => &answer["multiValueHeaders"][name][0],
        _ => &answer["headers"][name],
    };
    value.as_str().unwrap_or_default()
}

pub async fn every_service_answers_each_kind_of_event(world: &World) {
    for service in Service::ALL {
        for kind in KINDS {
            let event = request(kind, "GET", "/health/live", "", &[], "");
            let answer = world.answer(service, &event).await;
            assert_eq!(answer["statusCode"], 200, "{service}, {kind}: {answer}");
            assert_eq!(
                header(kind, &answer, "content-type"),
                "application/json",
                "{service}, {kind}: {answer}"
            );
            let missing = request(kind, "GET", "/no/such/path", "", &[], "");
            let answer = world.answer(service, &missing).await;
            // A service talks to nobody whom the gateway or another service did not introduce.
            let status = if service == Service::ApiGateway { 404 } else { 401 };
            assert_eq!(answer["statusCode"], status, "{service}, {kind}: {answer}");
            assert_eq!(header(kind, &answer, "content-type"), "application/problem+json");
        }
        let ready = request("alb", "GET", "/health/ready", "", &[], "");
        assert_eq!(world.answer(service, &ready).await["statusCode"], 200, "{service} is ready");
    }
}

pub async fn the_gateway_function_reaches_the_other_functions(world: &World) {
    for kind in KINDS {
        let get = async |path: &str, query: &str| {
            world.answer(Service::ApiGateway, &request(kind, "GET", path, query, &[], "")).await
        };
        let keys = get("/.well-known/jwks.json", "").await;
        assert_eq!(
            (&keys["statusCode"], &body(&keys)["keys"][0]["alg"]),
            (&json!(200), &json!("RS256")),
            "{kind}"
        );
        let products = get("/products", "limit=2&in_stock=true").await;
        assert_eq!(body(&products)["data"].as_array().map(Vec::len), Some(2), "{kind}: {products}");
        assert_eq!(get("/shipping-methods", "").await["statusCode"], 200, "{kind}");
        assert_eq!(get("/notifications/history", "").await["statusCode"], 401, "{kind}");
        let wrong = json!({ "email": "nobody@example.com", "password": PASSWORD }).to_string();
        let headers = [("content-type", "application/json")];
        let login = request(kind, "POST", "/auth/login", "", &headers, &wrong);
        let answer = world.answer(Service::ApiGateway, &login).await;
        assert_eq!(answer["statusCode"], 401, "{kind}: {answer}");
        assert_eq!(header(kind, &answer, "content-type"), "application/problem+json", "{kind}");
    }
}

pub async fn repeated_headers_and_parameters_arrive_as_often_as_they_were_sent(world: &World) {
    let one = request("alb", "GET", "/products", "limit=1", &[], "");
    let id = body(&world.answer(Service::ApiGateway, &one).await)["data"][0]["id"].clone();
    let path = format!("/products/{}", id.as_str().unwrap());
    let first = world.answer(Service::ApiGateway, &request("alb", "GET", &path, "", &[], "")).await;
    let etag = header("alb", &first, "etag");
    assert_eq!(answer_values(&first, "etag"), [etag], "the answer says it in both forms");
    for kind in ["alb-multi-value", "api-gateway-v2", "function-url"] {
        let tags = [("if-none-match", "\"other\""), ("if-none-match", etag)];
        let answer = world.answer(Service::ApiGateway, &request(kind, "GET", &path, "", &tags, "")).await;
        assert_eq!(answer["statusCode"], 304, "{kind}: {answer}");
        let twice = request(kind, "GET", "/products", "limit=1&limit=2", &[], "");
        let answer = world.answer(Service::ApiGateway, &twice).await;
        assert_eq!(body(&answer)["errors"][0]["code"], "repeated", "{kind}: {answer}");
    }
    let two = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    let event = request("alb-multi-value", "GET", "/products", "", &two, "");
    assert_eq!(world.answer(Service::ApiGateway, &event).await["statusCode"], 400);
}

fn answer_values<'a>(answer: &'a Value, name: &str) -> Vec<&'a str> {
    answer["multiValueHeaders"][name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

pub async fn what_is_encoded_in_a_query_stays_one_value(world: &World) {
    for kind in KINDS {
        // Decoded too often, this would be a second, malformed parameter.
        let event = request(kind, "GET", "/products", "q=lamp%26limit%3Dnone&limit=1", &[], "");
        let answer = world.answer(Service::ApiGateway, &event).await;
        assert_eq!(answer["statusCode"], 200, "{kind}: {answer}");
        let found = async |query: &str| {
            let event = request(kind, "GET", "/products", query, &[], "");
            let answer = world.answer(Service::ApiGateway, &event).await;
            assert_eq!(answer["statusCode"], 200, "{kind}: {answer}");
            body(&answer)["data"].clone()
        };
        let plain = found("q=tote&limit=3").await;
        assert_ne!(plain, json!([]), "{kind}: the catalogue has bags");
        for query in ["q=t%6Fte&limit=3", "q=%20tote+&limit=3", "%71=tote&limit=3"] {
            assert_eq!(found(query).await, plain, "{kind}: {query}");
        }
        assert_eq!(found("q=%E8%8C%B6%25&limit=3").await, json!([]), "{kind}");
    }
}

pub async fn a_body_that_is_base64_is_decoded(world: &World) {
    let wrong = json!({ "email": "ada.müller@example.com", "password": "an unknown pässword" }).to_string();
    let headers = [("content-type", "application/json")];
    for kind in KINDS {
        let event = base64_request(kind, "/auth/login", &headers, wrong.as_bytes());
        let answer = world.answer(Service::ApiGateway, &event).await;
        assert!(matches!(answer["statusCode"].as_u64(), Some(401 | 422)), "{kind}: {answer}");
        assert_ne!(body(&answer)["code"], "malformed_json", "{kind}: {answer}");
        let event = base64_request(kind, "/auth/login", &headers, &[0xff, 0xfe, 0x00, 0x80]);
        let answer = world.answer(Service::ApiGateway, &event).await;
        assert_eq!(answer["statusCode"], 400, "{kind}: {answer}");
    }
}

pub async fn an_event_stream_is_not_to_be_had(world: &World) {
    for kind in KINDS {
        let mut event = request(kind, "GET", "/products", "", &[], "");
        for headers in ["headers", "multiValueHeaders"] {
            if event[headers].is_object() {
                let value = json!("text/event-stream");
                event[headers]["accept"] = if headers == "headers" { value } else { json!([value]) };
            }
        }
        for service in [Service::ApiGateway, Service::Product] {
            let answer = world.answer(service, &event).await;
            assert_eq!(answer["statusCode"], 406, "{service}, {kind}: {answer}");
        }
    }
}

pub async fn a_malformed_event_fails_and_the_function_lives_on(world: &World) {
    let started: Vec<usize> = world.functions.values().map(|function| function.environments()).collect();
    let mut bad_body = request("alb", "POST", "/auth/login", "", &[], "%%% no base64 %%%");
    bad_body["isBase64Encoded"] = true.into();
    let mut bad_method = request("alb", "GET", "/products", "", &[], "");
    bad_method["httpMethod"] = "B AD".into();
    let bad_path = request("alb", "GET", "no slash and a space", "", &[], "");
    let events =
        [json!({ "what": "ever" }), json!([]), json!("text"), json!(null), bad_method, bad_path, bad_body];
    for service in Service::ALL {
        for event in &events {
            match world.invoke(service, event).await {
                Err(FunctionError::Failed { .. }) => {}
                Ok(answer) if answer.payload["statusCode"].as_u64().is_some_and(|status| status >= 400) => {}
                other => panic!("{service}: {event} gave {other:?}"),
            }
        }
        let event = request("alb", "GET", "/health/live", "", &[], "");
        assert_eq!(world.answer(service, &event).await["statusCode"], 200, "{service} lives");
    }
    let now: Vec<usize> = world.functions.values().map(|function| function.environments()).collect();
    assert_eq!(started, now, "no process ended");
}

pub async fn an_invoice_comes_as_base64_and_text_does_not(
    world: &World,
    (shopper, order): &(Shopper, String),
) {
    let bearer = format!("Bearer {}", shopper.token.as_ref().unwrap());
    let path = format!("/orders/{order}/invoice");
    for kind in KINDS {
        let headers = [("authorization", bearer.as_str())];
        let mut event = request(kind, "GET", &path, "", &headers, "");
        for headers in ["headers", "multiValueHeaders"] {
            if let Some(headers) = event[headers].as_object_mut() {
                headers.remove("accept");
            }
        }
        let answer = world.answer(Service::ApiGateway, &event).await;
        assert_eq!(
            (&answer["statusCode"], &answer["isBase64Encoded"]),
            (&json!(200), &json!(true)),
            "{kind}"
        );
        assert_eq!(header(kind, &answer, "content-type"), "application/pdf", "{kind}");
        let pdf = STANDARD.decode(answer["body"].as_str().unwrap()).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 1000, "{kind}");
        let event = request(kind, "GET", &path, "", &headers, "");
        let answer = world.answer(Service::ApiGateway, &event).await;
        assert_eq!(header(kind, &answer, "content-type"), "application/json", "{kind}");
        assert!(body(&answer).is_object(), "{kind}");
    }
}
