//! The program as a Lambda function: frozen between invocations, so that only they can bring it news.

use std::sync::Arc;
use std::time::Duration;

use api_gateway::consumers::QUEUE;
use api_gateway::routes::Service;
use api_gateway::signals::TABLE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_contracts::Envelope;
use cartwright_contracts::events::SessionRevoked;
use cartwright_test_support::TestAws;
use cartwright_test_support::lambda::{FunctionSettings, LambdaFunction};
use cartwright_types::{SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::{AUDIENCE, ISSUER, Seen, Token, echo, start};

/// `GET /orders` as a function URL's event.
fn request(token: &str) -> Value {
    json!({
        "version": "2.0",
        "rawPath": "/orders",
        "rawQueryString": "",
        "headers": { "authorization": format!("Bearer {token}"), "host": "shop.example" },
        "requestContext": { "http": { "method": "GET", "path": "/orders", "sourceIp": "198.51.100.7" } },
        "isBase64Encoded": false,
    })
}

fn messages(prefix: &str, bodies: &[(&str, &str)]) -> Value {
    let record = |(id, body): &(&str, &str)| {
        json!({
            "messageId": id,
            "body": body,
            "attributes": {},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{prefix}{QUEUE}"),
        })
    };
    json!({ "Records": bodies.iter().map(record).collect::<Vec<_>>() })
}

/// Gives each service's identity key a value.
async fn make_secrets(emulator: &TestAws) {
    let client = aws_sdk_secretsmanager::Client::new(&emulator.sdk);
    let keys = json!({ "current": URL_SAFE_NO_PAD.encode([7; 32]), "previous": null }).to_string();
    for service in Service::ALL {
        let name = format!("{}/identity/{}", emulator.prefix, service.name());
        client.create_secret().name(name).secret_string(&keys).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_function_hears_of_a_session_by_an_event_and_refuses_its_token_two_seconds_later() {
    let emulator = TestAws::with_table(TABLE).await;
    make_secrets(&emulator).await;
    let (address, _services) = start(echo("any", Arc::new(Seen::default()))).await;
    let mut environment = emulator.environment.clone();
    environment.extend([
        ("APP_ENV", "test".to_owned()),
        ("JWT_ISSUER", ISSUER.to_owned()),
        ("JWT_AUDIENCE", AUDIENCE.to_owned()),
    ]);
    environment.extend(Service::ALL.map(|service| (service.url_variable(), format!("http://{address}"))));
    let settings = FunctionSettings::new(env!("CARGO_BIN_EXE_api-gateway"), environment);
    let function = LambdaFunction::start(settings).await.unwrap();
    let invoke = async |event: Value| function.invoke(&event).await.unwrap().payload;

    let (token, other) = (Token::at(&SystemClock, "customer"), Token::at(&SystemClock, "customer"));
    for token in [&token, &other] {
        assert_eq!(invoke(request(&token.sign())).await["statusCode"], 200, "{}", function.output());
    }
    let user_id = UserId::new(&SystemClock);
    let event = SessionRevoked { user_id, session_ids: vec![token.session()] };
    let event = serde_json::to_string(&Envelope::new(&SystemClock, user_id, 1, "system", &event)).unwrap();
    let answer = invoke(messages(&emulator.prefix, &[("good", &event), ("bad", "{}")])).await;
    assert_eq!(answer["batchItemFailures"], json!([{ "itemIdentifier": "bad" }]), "{}", function.output());

    tokio::time::sleep(Duration::from_secs(2)).await;
    let refused = invoke(request(&token.sign())).await;
    assert_eq!(refused["statusCode"], 401, "{}", function.output());
    assert!(refused["body"].as_str().unwrap().contains("\"invalid_token\""), "{refused}");
    assert_eq!(invoke(request(&other.sign())).await["statusCode"], 200, "{}", function.output());
    assert_eq!(function.environments(), 1);
}
