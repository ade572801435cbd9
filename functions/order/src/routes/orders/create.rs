//! `POST /orders`: places an order from the cart or from `lines`.

use axum::extract;
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{Currency, EmailAddress, Money, OrderId, ShippingMethodId};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{Email, ProblemDocument, RequiredIdempotencyKey, words};
use cartwright_web::{Body, Fields, FromFields, Problem, etag, language, rules};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::Object;

use super::{Described, PaymentChoice, configured};
use crate::db::orders;
use crate::domain::address::Address;
use crate::domain::cart::MAX_LINES;
use crate::error::Failure;
use crate::routes::cart::CartTokenHeader;
use crate::state::State;
use crate::usecases::buyer_contact;
use crate::usecases::cart::CartCaller;
use crate::usecases::order_view::{self, OrderView};
use crate::usecases::place_order::{Customer, PlaceError, PlaceOrder, WantedLine, place};

/// An order to be placed.
#[derive(ToSchema)]
#[schema(as = NewOrder)]
pub struct CreateOrder {
    /// What to order; without it the cart, which is then emptied. Lines of one sku are summed.
    #[schema(max_items = 100)]
    lines: Option<Vec<WantedLine>>,
    /// Where a guest is written to; required of them, and not for somebody who is signed in.
    #[schema(value_type = Option<Email>)]
    email: Option<EmailAddress>,
    /// Where to.
    shipping_address: Address,
    /// As the shipping address if absent.
    billing_address: Option<Address>,
    /// How it is paid.
    #[schema(value_type = Described)]
    payment: PaymentChoice,
    /// The `id` of one of `GET /shipping-methods`.
    #[schema(value_type = Uuid)]
    shipping_method: ShippingMethodId,
    /// For the shop, several lines.
    #[schema(max_length = 500)]
    note: Option<String>,
    /// What the buyer was shown; another total is a 409 `price_changed`.
    #[schema(value_type = Option<ExpectedTotal>)]
    expected_total: Option<Money>,
    /// In any order and case, each once.
    #[schema(max_items = 20, examples("WELCOME10"))]
    promotion_codes: Option<Vec<String>>,
}

/// Money that is not owed: 0 or more, in a currency that exists.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described; rules::money is what reads it")]
struct ExpectedTotal {
    /// Minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    amount: i64,
    /// ISO 4217.
    #[schema(schema_with = currencies)]
    currency: String,
}

fn currencies() -> Object {
    words("ISO 4217.", &Currency::codes().collect::<Vec<_>>())
}

impl FromFields for CreateOrder {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let lines = fields.optional_list("lines", MAX_LINES);
        let email = fields.optional("email", rules::email_address);
        let shipping_address = fields.object("shipping_address");
        let billing_address = fields.optional_object("billing_address");
        let payment = fields.object("payment");
        let shipping_method = fields.required("shipping_method", rules::id);
        let codes = fields.optional("promotion_codes", rules::list(20, rules::text(1, 64)));
        let note = fields.optional("note", rules::multiline(500));
        let expected_total = fields.optional("expected_total", rules::money);
        Some(Self {
            lines: lines?,
            email: email?,
            shipping_address: shipping_address?,
            billing_address: billing_address?,
            payment: payment?,
            shipping_method: shipping_method?,
            note: note?,
            expected_total: expected_total?,
            promotion_codes: codes?,
        })
    }
}

/// 201 with the order (a decline is 201 too); 409 `insufficient_stock`, `price_changed`; 422.
#[utoipa::path(
    post, path = "/orders", operation_id = "createOrder", tag = "Orders",
    summary = "Place an order",
    description = "Reserves the stock, prices the lines, stores the order and begins the payment. The order may be `paid` \
        already when this answers. A declined payment is a 201 too, with `payment_status` `failed`: the stock is kept until \
        `expires_at`, and `POST /orders/{id}/pay` tries again. A guest sends `email` and \
        gets `order_token`, which makes the order theirs (`X-Order-Token`); a signed-in buyer's `email` is a 422 `not_allowed`. \
        Without an identity and a cart token the `Idempotency-Key` must be a UUID.",
    params(RequiredIdempotencyKey, CartTokenHeader),
    request_body(content = CreateOrder, example = json!({
        "lines": [{ "sku": "TENT-2-GREEN", "quantity": 1 }],
        "shipping_address": {
            "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"
        },
        "shipping_method": "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10",
        "payment": { "provider": "test", "token": "tok_success" }
    })),
    responses(
        (status = 201, description = "The order is placed.", body = OrderView,
            headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`insufficient_stock`, `price_changed`, `promotion_exhausted`, `cart_changed`, or \
            `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), examples(
                ("insufficient_stock" = (summary = "Too little of some lines", value = json!({
                    "code": "insufficient_stock", "detail": "There is not enough of some lines; see lines.",
                    "lines": [{ "sku": "TENT-2-GREEN", "requested": 2, "available": 1 }]
                }))),
                ("price_changed" = (summary = "Not the expected total", value = json!({
                    "code": "price_changed", "detail": "The total is not the expected one any more.",
                    "expected_total": { "amount": 1999, "currency": "EUR" }, "total": { "amount": 2099, "currency": "EUR" }
                }))),
                ("promotion_exhausted" = (summary = "A code was used as often as it may be", value = json!({
                    "code": "promotion_exhausted", "detail": "A promotion code was used as often as it may be."
                }))),
                ("in_flight" = (summary = "The first request with this key still runs", value = json!({
                    "code": "idempotency_in_flight", "detail": "The first request is still running."
                })))
            )),
        (status = 422, description = "`validation_failed`: `errors` names every field that is wrong; or \
            `idempotency_key_reused`: the key belongs to another request.",
            body = ProblemDocument, examples(
                ("validation_failed" = (summary = "The body does not fit", value = json!({
                    "code": "validation_failed", "detail": "The body does not fit; see errors.",
                    "errors": [{ "pointer": "/payment/token", "code": "unknown_token", "detail": "is not a token of the test provider" }]
                }))),
                ("idempotency_key_reused" = (summary = "The key was used before", value = json!({
                    "code": "idempotency_key_reused", "detail": "This key was used for another request."
                })))
            ))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    key: IdempotencyKey,
    headers: HeaderMap,
    body: Body<CreateOrder>,
) -> Result<Response, Problem> {
    let scope = caller.scope(&key)?;
    let key = key.required()?;
    let customer = customer(&caller, body.email.as_ref(), &headers)?;
    configured(&state, &body.payment)?;
    let request = Request { scope, key, fingerprint: fingerprint(&Method::POST, "/orders", &body.raw) };
    let (wish, is_guest) = (body.value, caller.user.is_none());
    idempotent::run_and_reveal::<Failure, _, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/orders",
        async |id| {
            let wish = PlaceOrder {
                order_id: OrderId(id),
                customer,
                cart: caller,
                lines: wish.lines,
                shipping_address: wish.shipping_address,
                billing_address: wish.billing_address,
                shipping_method: wish.shipping_method,
                payment: wish.payment.0,
                promotion_codes: wish.promotion_codes.unwrap_or_default(),
                note: wish.note,
                expected_total: wish.expected_total,
            };
            match place(&state, &wish).await {
                Ok(()) => answer(&state, wish.order_id, StatusCode::CREATED).await,
                Err(PlaceError::Refused(problem)) => Outcome::Final(*problem),
                Err(PlaceError::Invalid(problem)) => Outcome::Free(*problem),
                Err(PlaceError::Failed(failure)) => Outcome::Free(failure.into()),
            }
        },
        async |order| if is_guest { with_token(&state, order).await } else { Ok(order) },
    )
    .await
}

/// Who buys: the account, or the guest whose address the request names.
fn customer(
    caller: &CartCaller,
    email: Option<&EmailAddress>,
    headers: &HeaderMap,
) -> Result<Customer, Problem> {
    match (caller.user, email) {
        (Some(user), None) => Ok(Customer::User(user)),
        (Some(_), Some(_)) => Err(Problem::invalid(
            "/email",
            "not_allowed",
            "is that of the account; sign out to order as a guest",
        )),
        (None, Some(email)) => {
            Ok(Customer::Guest { email: email.clone(), locale: language::preferred(headers) })
        }
        (None, None) => {
            Err(Problem::invalid("/email", "required", "is required of whoever is not signed in"))
        }
    }
}

/// Adds the token of a guest's order to what is answered.
async fn with_token(state: &State, mut order: Value) -> Result<Value, Problem> {
    let id = order["id"].as_str().and_then(|id| id.parse().ok());
    if let Some(id) = id
        && let Some(row) = orders::find(state.database.pool(), id).await.map_err(Failure::from)?
        && let Some(token) = buyer_contact::token(state, &row)
    {
        order["order_token"] = token.into();
    }
    Ok(order)
}

/// The order as it is now, with its tag and place.
pub(super) async fn answer(state: &State, id: OrderId, status: StatusCode) -> Outcome {
    match order_view::load(state, id).await {
        Ok(Some(view)) => {
            let mut headers = HeaderMap::new();
            headers.insert(ETAG, etag::strong(&view.version.to_string()));
            if let Ok(location) = HeaderValue::from_str(&format!("/orders/{id}")) {
                headers.insert(LOCATION, location);
            }
            Outcome::Done(status, headers, serde_json::to_value(view).unwrap_or_default())
        }
        Ok(None) => Outcome::Free(Failure::Data("the placed order is gone").into()),
        Err(failure) => Outcome::Free(failure.into()),
    }
}
