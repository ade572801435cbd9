//! The stand-in against a runtime made by hand: raw HTTP on a socket, in a process of its own (this very test program,
//! started again).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{FunctionError, FunctionSettings, LambdaFunction, LoadBalancer};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// A request by hand; status, headers and body of the answer.
fn call(method: &str, path: &str, body: &str, chunked: bool) -> (u16, BTreeMap<String, String>, String) {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    let (framing, body) = if chunked {
        let (first, rest) = body.split_at(body.len() / 2);
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        ("transfer-encoding: chunked".to_owned(), format!("{}{}0\r\n\r\n", chunk(first), chunk(rest)))
    } else {
        (format!("content-length: {}", body.len()), body.to_owned())
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{framing}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    (status, headers, body.to_owned())
}

fn post(path: &str, body: &Value) -> u16 {
    call("POST", path, &body.to_string(), false).0
}

/// Not a test: the function that the tests start. The event says what it does.
#[test]
#[ignore = "is started by the other tests as a function"]
fn function_made_by_hand() {
    if std::env::var("FUNCTION_FAILS").is_ok() {
        post(
            "/2018-06-01/runtime/init/error",
            &json!({ "errorType": "Config.Missing", "errorMessage": "no key" }),
        );
        std::process::exit(1);
    }
    println!("function starts");
    let mut last = String::new();
    loop {
        let (status, headers, body) = call("GET", NEXT, "", false);
        assert_eq!(status, 200);
        let id = &headers["lambda-runtime-aws-request-id"];
        let path = |what: &str| format!("/2018-06-01/runtime/invocation/{id}/{what}");
        let event: Value = serde_json::from_str(&body).unwrap();
        println!("event {event}");
        match event["do"].as_str() {
            Some("fail") => {
                let error =
                    json!({ "errorType": "Handler.Broken", "errorMessage": "as told", "stackTrace": [] });
                assert_eq!(post(&path("error"), &error), 202);
            }
            Some("exit") => std::process::exit(3),
            Some("sleep") => std::thread::sleep(Duration::from_mins(1)),
            Some("forget") => {}
            Some("wrong path") => {
                let (status, ..) = call("POST", "/2018-06-01/runtime/invocation/nothing", "{}", false);
                assert_eq!(post(&path("response"), &json!(status)), 202);
            }
            Some("wrong id") => {
                let wrong = post("/2018-06-01/runtime/invocation/other/response", &json!(1));
                assert_eq!(post(&path("response"), &json!(wrong)), 202);
                assert_eq!(post(&path("response"), &json!("again")), 400);
            }
            Some("no json") => {
                call("POST", &path("response"), "not json", false);
            }
            Some("too large") => {
                let large = "x".repeat(6 * 1024 * 1024 + 1);
                let (status, ..) = call("POST", &path("response"), &format!("\"{large}\""), false);
                assert_eq!(post(&path("response"), &json!(status)), 202);
            }
            Some("late work") => {
                assert_eq!(post(&path("response"), &json!(last)), 202);
                std::thread::spawn(|| {
                    std::thread::sleep(Duration::from_millis(100));
                    println!("late work is done");
                });
            }
            _ => {
                let answer = json!({ "event": event, "headers": headers, "statusCode": 200, "body": body });
                let (status, _, answer) = call("POST", &path("response"), &answer.to_string(), true);
                assert_eq!((status, answer.as_str()), (202, r#"{"status":"OK"}"#));
            }
        }
        id.clone_into(&mut last);
    }
}

fn settings() -> FunctionSettings {
    let mut settings = FunctionSettings::new(std::env::current_exe().unwrap(), [("GIVEN", "yes")]);
    let words = ["lambda::tests::function_made_by_hand", "--exact", "--ignored", "--nocapture"];
    settings.arguments = words.map(str::to_owned).to_vec();
    settings
}

async fn function() -> LambdaFunction {
    LambdaFunction::start(settings()).await.unwrap()
}

async fn told(function: &LambdaFunction, what: &str) -> Result<Value, FunctionError> {
    function.invoke(&json!({ "do": what })).await.map(|invocation| invocation.payload)
}

#[tokio::test]
async fn an_event_comes_with_the_documented_headers_and_its_chunked_answer_comes_back() {
    let function = function().await;
    let first = function.invoke(&json!({ "key": "ä" })).await.unwrap();
    let second = function.invoke(&json!({ "key": 2 })).await.unwrap();

    assert_eq!((&first.payload["event"]["key"], &second.payload["event"]["key"]), (&json!("ä"), &json!(2)));
    let headers = &first.payload["headers"];
    for name in ["aws-request-id", "deadline-ms", "invoked-function-arn", "trace-id"] {
        assert!(headers[format!("lambda-runtime-{name}")].is_string(), "{name} is missing in {headers}");
    }
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    let ids = [&first, &second].map(|answer| &answer.payload["headers"]["lambda-runtime-aws-request-id"]);
    assert_ne!(ids[0], ids[1]);
    assert_eq!((first.cold, second.cold, function.environments()), (true, false, 1));
    assert!(function.init() > Duration::ZERO && function.first_answer() == Some(first.took));
    assert!(function.output().contains("function starts"), "{}", function.output());
}

#[tokio::test]
async fn an_error_is_reported_and_the_function_lives_on() {
    let function = function().await;
    match told(&function, "fail").await.unwrap_err() {
        FunctionError::Failed { kind, message } => {
            assert_eq!((kind.as_str(), message.as_str()), ("Handler.Broken", "as told"));
        }
        other => panic!("{other}"),
    }
    assert!(told(&function, "echo").await.is_ok());
    assert_eq!(function.environments(), 1);
}

#[tokio::test]
async fn a_process_that_ends_is_noticed_and_replaced() {
    let function = function().await;
    match told(&function, "exit").await.unwrap_err() {
        FunctionError::Ended { status, output } => {
            assert_eq!(status.code(), Some(3));
            assert!(output.contains("function starts"), "{output}");
        }
        other => panic!("{other}"),
    }
    assert!(told(&function, "echo").await.is_ok());
    assert_eq!(function.environments(), 2);
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed() {
    let function = LambdaFunction::start(settings().timeout(Duration::from_millis(200))).await.unwrap();
    let started = Instant::now();
    assert!(matches!(told(&function, "sleep").await, Err(FunctionError::TimedOut(_))));
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(told(&function, "echo").await.is_ok());
}

#[tokio::test]
async fn what_is_not_in_the_protocol_is_refused() {
    let function = function().await;
    assert_eq!(told(&function, "wrong path").await.unwrap(), 404);
    assert_eq!(told(&function, "wrong id").await.unwrap(), 400);
    assert_eq!(told(&function, "too large").await.unwrap(), 413);
    assert!(matches!(told(&function, "no json").await, Err(FunctionError::NotJson(_))));
    assert!(matches!(told(&function, "forget").await, Err(FunctionError::Unanswered)));
    assert_eq!(function.environments(), 1, "the one that forgot is the last");
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why() {
    let mut settings = settings();
    settings.environment.insert("FUNCTION_FAILS".to_owned(), "1".to_owned());
    match LambdaFunction::start(settings).await.unwrap_err() {
        FunctionError::Init { kind, message } => {
            assert_eq!((kind.as_str(), message.as_str()), ("Config.Missing", "no key"));
        }
        other => panic!("{other}"),
    }
    let missing = LambdaFunction::start(FunctionSettings::new("/no/such/program", [("A", "b")])).await;
    assert!(matches!(missing, Err(FunctionError::Start(_))));
}

#[tokio::test]
async fn work_that_is_left_for_after_the_answer_does_not_happen_until_the_next_event() {
    let function = function().await;
    told(&function, "late work").await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!function.output().contains("late work is done"));
}

#[tokio::test]
async fn two_events_at_once_get_an_environment_each() {
    let function = function().await;
    let (first, second) = tokio::join!(told(&function, "echo"), told(&function, "echo"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(function.environments(), 2);
}

#[tokio::test]
async fn a_load_balancer_makes_an_event_of_a_request_and_a_response_of_the_answer() {
    let balancer = LoadBalancer::start(0, Arc::new(function().await)).await.unwrap();
    let address = balancer.url().replace("http://", "");
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = "POST /a%20b?x=1&x=%26 HTTP/1.1\r\nhost: shop\r\nx-two: a\r\nx-two: b\r\n\
                       content-length: 2\r\nconnection: close\r\n\r\n\u{7f}!";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = asked.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let event: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&event["httpMethod"], &event["path"]), (&json!("POST"), &json!("/a%20b")));
    assert_eq!(event["multiValueQueryStringParameters"]["x"], json!(["1", "%26"]));
    assert_eq!(event["multiValueHeaders"]["x-two"], json!(["a", "b"]));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("\u{7f}!"), &json!(false)));
}
