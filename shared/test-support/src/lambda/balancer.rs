//! A load balancer before a function: HTTP in, events of an ALB target group with multi-value headers out.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::LambdaFunction;

/// What a load balancer lets through to a function and back.
const LARGEST_BODY: usize = 1024 * 1024;
const TARGET_GROUP: &str =
    "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/cartwright/0123456789abcdef";

/// A listener on 127.0.0.1 that hands requests to a function. Dropping it ends it.
#[derive(Debug)]
pub struct LoadBalancer {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl LoadBalancer {
    /// Listens on `port` of 127.0.0.1; 0 is any.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, function: Arc<LambdaFunction>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(pass_on).with_state(function);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for LoadBalancer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(State(function): State<Arc<LambdaFunction>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = body.to_bytes();
    let (text, encoded) = match std::str::from_utf8(&body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&body), true),
    };
    let event = json!({
        "requestContext": { "elb": { "targetGroupArn": TARGET_GROUP } },
        "httpMethod": parts.method.as_str(),
        "path": parts.uri.path(),
        "multiValueQueryStringParameters": query(parts.uri.query().unwrap_or_default()),
        "multiValueHeaders": headers(&parts.headers),
        "body": text,
        "isBase64Encoded": encoded,
    });
    let answer = match function.invoke(&event).await {
        Ok(invocation) => response(&invocation.payload),
        Err(error) => Err(error.to_string()),
    };
    answer.unwrap_or_else(|reason| (StatusCode::BAD_GATEWAY, reason).into_response())
}

/// As the client sent it: a load balancer does not decode.
fn query(text: &str) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        append(&mut all, name, value);
    }
    Value::Object(all)
}

fn headers(headers: &HeaderMap) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in headers {
        append(&mut all, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    Value::Object(all)
}

fn append(all: &mut Map<String, Value>, name: &str, value: &str) {
    let values = all.entry(name).or_insert_with(|| json!([]));
    if let Value::Array(values) = values {
        values.push(value.into());
    }
}

fn response(answer: &Value) -> Result<Response<Body>, String> {
    let malformed = |what: &str| {
        let mut reason = format!("malformed answer of the function: {what}: ");
        let _ = write!(reason, "{answer}");
        reason
    };
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let mut response = Response::builder().status(status.ok_or_else(|| malformed("statusCode"))?);
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            response = response.header(name, value.as_str().unwrap_or_default());
        }
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(body).map_err(|_| malformed("body"))?
    } else {
        body.as_bytes().to_vec()
    };
    if body.len() > LARGEST_BODY {
        return Err("the answer is larger than a load balancer lets through".to_owned());
    }
    response.body(body.into()).map_err(|_| malformed("headers"))
}
