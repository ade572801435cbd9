//! `POST /orders`: places an order from the cart or from `lines`.

use axum::extract;
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_types::{Money, OrderId, ShippingMethodId};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::{Body, Fields, FromFields, Problem, User, etag, rules};

use super::{PaymentChoice, configured};
use crate::domain::address::Address;
use crate::error::Failure;
use crate::routes::idempotent::{self, Outcome};
use crate::state::State;
use crate::usecases::order_view;
use crate::usecases::place_order::{MAX_LINES, PlaceError, PlaceOrder, WantedLine, place};

/// The body.
pub struct CreateOrder {
    lines: Option<Vec<WantedLine>>,
    shipping_address: Address,
    billing_address: Option<Address>,
    payment: PaymentChoice,
    shipping_method: ShippingMethodId,
    note: Option<String>,
    expected_total: Option<Money>,
}

impl FromFields for CreateOrder {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let lines = fields.optional_list("lines", MAX_LINES);
        let shipping_address = fields.object("shipping_address");
        let billing_address = fields.optional_object("billing_address");
        let payment = fields.object("payment");
        let shipping_method = fields.required("shipping_method", rules::id);
        let codes = fields.optional("promotion_codes", rules::list(20, rules::text(1, 64)));
        // No promotion exists yet, so every code is an unknown one.
        if codes.as_ref().is_some_and(|codes| codes.as_ref().is_some_and(|codes| !codes.is_empty())) {
            fields.error(
                "promotion_codes",
                rules::Invalid::new("unknown_promotion", "is not a code of this shop"),
            );
        }
        let note = fields.optional("note", rules::multiline(500));
        let expected_total = fields.optional("expected_total", rules::money);
        Some(Self {
            lines: lines?,
            shipping_address: shipping_address?,
            billing_address: billing_address?,
            payment: payment?,
            shipping_method: shipping_method?,
            note: note?,
            expected_total: expected_total?,
        })
    }
}

/// 201 with the order (a decline is 201 too); 409 `insufficient_stock`, `price_changed`; 422.
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    key: IdempotencyKey,
    body: Body<CreateOrder>,
) -> Result<Response, Problem> {
    let key = key.required()?;
    configured(&state, &body.payment)?;
    let request =
        Request { scope: user.actor(), key, fingerprint: fingerprint(&Method::POST, "/orders", &body.raw) };
    let wish = body.value;
    idempotent::run(&state, request, "/orders", async |id| {
        let wish = PlaceOrder {
            order_id: OrderId(id),
            user_id: user.id,
            lines: wish.lines,
            shipping_address: wish.shipping_address,
            billing_address: wish.billing_address,
            shipping_method: wish.shipping_method,
            provider: wish.payment.provider,
            token: wish.payment.token,
            note: wish.note,
            expected_total: wish.expected_total,
        };
        match place(&state, &wish).await {
            Ok(()) => answer(&state, wish.order_id, StatusCode::CREATED).await,
            Err(PlaceError::Refused(problem)) => Outcome::Final(*problem),
            Err(PlaceError::Invalid(problem)) => Outcome::Free(*problem),
            Err(PlaceError::Failed(failure)) => Outcome::Free(failure.into()),
        }
    })
    .await
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
