//! The calls that are known.

use axum::http::Method;
use serde_json::{Map, Value};

use super::books::{Books, text};
use super::error::StripeError;
use super::objects::{account, list};
use super::server::Call;

/// Makes the call.
pub(super) fn answer(books: &mut Books, call: &Call) -> Result<Value, StripeError> {
    books.expire_authorisations();
    let params = &call.params;
    let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let is_post = call.method == Method::POST;
    if !is_post && call.method != Method::GET {
        return Err(unknown(call));
    }
    if call.is_browser {
        return from_browser(books, call, &path);
    }
    match (is_post, path.as_slice()) {
        (true, ["v1", "payment_intents"]) => books.create(params),
        (false, ["v1", "payment_intents"]) => {
            let all: Vec<String> = books.intents.iter().map(|intent| intent.id.clone()).collect();
            let all = all.iter().map(|id| books.show(id, params)).collect::<Result<Vec<_>, _>>()?;
            page("/v1/payment_intents", all, params)
        }
        (false, ["v1", "payment_intents", id]) => books.show(id, params),
        (true, ["v1", "payment_intents", id, "confirm"]) => books.confirm(id, params),
        (true, ["v1", "payment_intents", id, "cancel"]) => books.cancel(id, params),
        (true, ["v1", "payment_intents", id, "capture"]) => books.capture(id, params),
        (true, ["v1", "refunds"]) => books.refund(params),
        (false, ["v1", "refunds"]) => {
            let all = books.refunds.iter().map(super::objects::Refund::json).collect();
            page("/v1/refunds", all, params)
        }
        (false, ["v1", "refunds", id]) => {
            found("refund", id, books.refunds.iter().map(super::objects::Refund::json))
        }
        (false, ["v1", "disputes"]) => {
            let all = books.disputes.iter().map(super::objects::Dispute::json).collect();
            page("/v1/disputes", all, params)
        }
        (false, ["v1", "disputes", id]) => {
            found("dispute", id, books.disputes.iter().map(super::objects::Dispute::json))
        }
        (false, ["v1", "charges", id]) => books.charge(id).map(|charge| charge.json(None)),
        (false, ["v1", "events"]) => page("/v1/events", books.events.clone(), params),
        (false, ["v1", "events", id]) => found("event", id, books.events.iter().cloned()),
        (false, ["v1", "account"]) => Ok(account()),
        _ => Err(unknown(call)),
    }
}

/// With the publishable key: what Stripe.js does for a buyer who has the intent's secret.
fn from_browser(books: &mut Books, call: &Call, path: &[&str]) -> Result<Value, StripeError> {
    let ["v1", "payment_intents", id, rest @ ..] = path else { return Err(unknown(call)) };
    if text(&call.params, "client_secret") != Some(books.intent(id)?.client_secret.as_str()) {
        return Err(StripeError::bare(
            401,
            "invalid_request_error",
            None,
            "The client_secret does not match",
        ));
    }
    match rest {
        [] => books.show(id, &call.params),
        ["confirm"] => books.confirm(id, &call.params),
        ["authenticate"] => {
            books.authenticate(id, text(&call.params, "success") != Some("false"))?;
            books.show(id, &call.params)
        }
        _ => Err(unknown(call)),
    }
}

fn found(what: &str, id: &str, mut all: impl Iterator<Item = Value>) -> Result<Value, StripeError> {
    all.find(|object| object["id"] == id).ok_or_else(|| StripeError::missing(what, id, "id"))
}

/// What a list may be narrowed by.
const FILTERS: [&str; 3] = ["payment_intent", "charge", "type"];

/// A page of what `all` has, oldest first, newest first.
fn page(url: &str, all: Vec<Value>, params: &Map<String, Value>) -> Result<Value, StripeError> {
    let limit = text(params, "limit").map_or(Ok(10), str::parse);
    let limit = limit.ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| StripeError::parameter("limit", "Use 1 to 100"))?;
    let since = params.get("created").and_then(|created| created.get("gte")?.as_str()?.parse::<i64>().ok());
    let mut fitting: Vec<Value> = all
        .into_iter()
        .rev()
        .filter(|object| {
            FILTERS.iter().all(|name| text(params, name).is_none_or(|value| object[*name] == value))
        })
        .filter(|object| since.is_none_or(|since| object["created"].as_i64() >= Some(since)))
        .collect();
    if let Some(after) = text(params, "starting_after") {
        let at = fitting.iter().position(|object| object["id"] == after);
        let at = at.ok_or_else(|| StripeError::parameter("starting_after", "No such object"))?;
        fitting.drain(..=at);
    }
    let has_more = fitting.len() > limit;
    fitting.truncate(limit);
    Ok(list(url, &fitting, has_more))
}

fn unknown(call: &Call) -> StripeError {
    let message = format!("Unrecognized request URL ({}: {})", call.method, call.path);
    StripeError { status: 404, ..StripeError::bare(404, "invalid_request_error", None, &message) }
}
