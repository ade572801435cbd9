//! The program as a Lambda function: one process takes HTTP events, SQS events and the schedule, one at a time.
//!
//! HTTP events are those of an ALB target group, of API Gateway v2 and of function URLs. An SQS event goes to the consumer
//! of its queue and is answered with the messages that failed. A schedule event runs each [`Work`] once. Lambda
//! freezes the process after its answer, so what an invocation leaves to do is done before. An ALB's target group must have
//! `lambda.multi_value_headers.enabled`: with single headers a client's malformed `Host` is a panic in `lambda_http`.
//!
//! [`Work`]: crate::Work

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::future::join_all;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, RequestExt as _};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tower::{Service, ServiceExt as _};

use crate::errors::{BoxError, chain};
use crate::{Program, metrics, traces};

/// An extension of every request that came as an event: who sent it to the load balancer, as that says. An answer to
/// such a request cannot be a stream.
#[derive(Debug, Clone, Copy)]
pub struct Invoked {
    /// The client's address.
    pub peer: Option<IpAddr>,
}

/// What tells events apart.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
    #[serde(rename = "detail-type", default)]
    detail_type: String,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventSource", default)]
    source: String,
    #[serde(rename = "eventSourceARN", default)]
    arn: String,
    #[serde(rename = "messageId", default)]
    message_id: String,
}

#[derive(Serialize)]
struct BatchAnswer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<BatchItem>,
}

#[derive(Serialize)]
struct BatchItem {
    #[serde(rename = "itemIdentifier")]
    id: String,
}

#[derive(Serialize)]
struct ScheduleAnswer {
    jobs: Vec<JobAnswer>,
}

#[derive(Serialize)]
struct JobAnswer {
    name: &'static str,
    done: bool,
}

/// An ALB takes an answer of 1 MB from a function (Elastic Load Balancing user guide, "Lambda functions as targets"), with
/// its headers; a body that is no text is a third longer in base64.
const LARGEST_ANSWER: usize = 740_000;

/// Takes events until Lambda ends the process.
pub(crate) async fn run<S>(service: S, program: Program) -> Result<(), anyhow::Error>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let program = Arc::new(program);
    let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let (service, program) = (service.clone(), Arc::clone(&program));
        async move {
            let answer = answer(service, &program, event).await;
            join_all(program.works.iter().map(|work| work.after_invocation())).await;
            metrics::emit_changes();
            traces::flush().await;
            answer
        }
    });
    lambda_runtime::Runtime::new(handler).run().await.map_err(|error| anyhow::anyhow!(error))
}

async fn answer<S>(
    service: S,
    program: &Program,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, BoxError>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let text = event.payload.get();
    let Ok(shape) = serde_json::from_str::<Shape>(text) else {
        return Err("the event is no JSON object of a known kind".into());
    };
    if shape.records.first().is_some_and(|record| record.source == "aws:sqs") {
        let failures = batch(program, &shape.records, text).await;
        return raw(&BatchAnswer { failures: failures.into_iter().map(|id| BatchItem { id }).collect() });
    }
    if shape.detail_type == "Scheduled Event" {
        return raw(&ScheduleAnswer { jobs: once(program).await });
    }
    let request: LambdaRequest = serde_json::from_str(text)?;
    let event = LambdaEvent::new(request, event.context);
    let service = lambda_runtime::service_fn(move |request: lambda_http::Request| {
        let service = service.clone();
        async move { respond(service, request).await }
    });
    let answer = Adapter::from(service).oneshot(event).await?;
    raw(&answer)
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, BoxError> {
    Ok(serde_json::value::to_raw_value(answer)?)
}

/// The messages of an SQS event that stay in their queue.
async fn batch(program: &Program, records: &[Record], event: &str) -> Vec<String> {
    let all = || records.iter().map(|record| record.message_id.clone()).collect();
    let queue = records.first().and_then(|record| record.arn.rsplit(':').next()).unwrap_or_default();
    let Some(consumer) = program.consumers.iter().find(|consumer| consumer.queue() == queue) else {
        tracing::error!(queue, "messages of a queue that nobody here consumes");
        return all();
    };
    match Arc::clone(consumer).batch(event).await {
        Ok(failures) => failures,
        Err(error) => {
            tracing::error!(queue, error = chain(error.as_ref()), "the event cannot be read");
            all()
        }
    }
}

async fn once(program: &Program) -> Vec<JobAnswer> {
    let jobs = program.works.iter().map(|work| async move {
        let outcome = work.once().await;
        if let Err(error) = &outcome {
            let error = chain(error.as_ref());
            tracing::warn!(job = work.name(), error, "a background job failed and is tried again");
        }
        JobAnswer { name: work.name(), done: outcome.is_ok() }
    });
    join_all(jobs).await
}

async fn respond<S>(service: S, request: lambda_http::Request) -> Result<http::Response<Body>, BoxError>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let peer = peer(&request);
    let mut request = request.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    request.extensions_mut().insert(Invoked { peer });
    let Ok(response) = service.oneshot(request).await;
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, LARGEST_ANSWER).await {
        Ok(bytes) => Ok(http::Response::from_parts(parts, Body::from(bytes))),
        Err(error) => {
            tracing::error!(error = chain(&error), "an answer is too large for Lambda, or broke off");
            Ok(unanswerable()?)
        }
    }
}

/// RFC 9457, like every error; the crate that writes problems is above this one.
fn unanswerable() -> Result<http::Response<Body>, http::Error> {
    let body = r#"{"type":"urn:cartwright:problem:unanswerable","title":"Bad Gateway","status":502,"code":"unanswerable","detail":"The answer is too large to be had here, or broke off."}"#;
    http::Response::builder()
        .status(http::StatusCode::BAD_GATEWAY)
        .header(http::header::CONTENT_TYPE, "application/problem+json")
        .header(http::header::CACHE_CONTROL, "private, no-store")
        .body(Body::from(body))
}

/// API Gateway and function URLs name the client; an ALB puts it last into `X-Forwarded-For`.
fn peer(request: &lambda_http::Request) -> Option<IpAddr> {
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() {
        return context.http.source_ip.as_ref()?.parse().ok();
    }
    let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = forwarded.rsplit(',').next()?.trim();
    // With the client's port, if the load balancer is told to keep it.
    last.parse().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
}
