//! `GET /orders/{id}/events`: the order's history, or live by `Accept: text/event-stream`.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, extract};
use cartwright_types::OrderId;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::pagination::Page;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query};
use futures::stream::{self, Stream};
use serde_json::json;
use uuid::Uuid;

use super::{Buyer, OrderTokenHeader};
use crate::db::order_events::{self, OrderEventRow};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::follow_order::{Follower, Following};

/// Well below the 60 s after which load balancers give up a silent connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// nginx's word for "pass each piece on at once".
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// 200 with all events, oldest first, or with a stream; 204 to a listener who comes again after the end; 404; 406 on Lambda.
#[utoipa::path(
    get, path = "/orders/{id}/events", operation_id = "listOrderEvents", tag = "Orders",
    summary = "Read an order's history, or follow it",
    description = "Everything that happened to it, oldest first, on one page. With `Accept: text/event-stream` the same live, as \
        server-sent events: first what has happened (after `Last-Event-ID`, if that is sent), then what happens, within a second. \
        `id` is the event's id, `event` its type, `data` the event as JSON. The stream ends when the order is `delivered`, `cancelled` \
        or `expired`, and at the latest after 15 minutes or with the access token: come again with `Last-Event-ID`, as `EventSource` \
        does by itself; 204 says that nothing more comes.",
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id."),
        OrderTokenHeader,
        ("Last-Event-ID" = Option<uuid::Uuid>, Header, description = "The last event that was seen of the stream.")
    ),
    responses(
        (status = 200, description = "All events; `next_cursor` is null. Or a stream of them.",
            content((Page<OrderEventRow> = "application/json"), (String = "text/event-stream"))),
        (status = 204, description = "To `text/event-stream`: the order has ended, and its last event was seen."),
        (status = 406, description = "`not_acceptable`: a function cannot stream.", body = ProblemDocument),
        (status = 503, description = "`service_unavailable`: too many follow orders, or a dependency is away.",
            body = ProblemDocument, headers(("Retry-After" = i32)))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    Extension(following): Extension<Following>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order = super::visible(&state, &buyer, id).await?;
    if !wants_stream(&headers) {
        let events = order_events::list(state.database.pool(), id).await.map_err(Failure::from)?;
        return Ok(Json(json!({ "data": events, "next_cursor": null })).into_response());
    }
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse::<Uuid>().ok());
    let follower = following.follow(id, order.version, last).await?.ok_or_else(Problem::unavailable)?;
    if last.is_some() && follower.has_nothing_more() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(stream_of(follower)).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    accepted.any(|accept| accept.contains("text/event-stream"))
}

fn stream_of(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        let data = serde_json::to_string(&event).unwrap_or_default();
        Some((Ok(Event::default().id(event.id.to_string()).event(event.kind).data(data)), follower))
    })
}
