//! `POST /orders/{id}/status` `{"status", "tracking?"}`

use axum::extract::{self, FromRequest as _, Request};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use cartwright_contracts::events::Tracking;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::OrderId;
use cartwright_web::openapi::{IfMatch, ProblemDocument, words};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, Staff, etag};
use serde_json::Value;
use utoipa::ToSchema;

use super::create;
use crate::domain::order::{OrderStatus, TRANSITIONS};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::change_status::{self, Change};
use crate::usecases::order_view::OrderView;

/// Where the order is to go.
#[derive(ToSchema)]
#[schema(as = NewOrderStatus)]
pub struct SetStatus {
    /// The next one.
    #[schema(schema_with = statuses)]
    status: OrderStatus,
    /// How the parcel is followed; with `shipped` only.
    #[schema(value_type = Option<TrackingInput>)]
    tracking: Option<TrackingInput>,
}

fn statuses() -> utoipa::openapi::Object {
    words("The next one.", &TRANSITIONS.iter().map(|(status, _)| status.as_str()).collect::<Vec<_>>())
}

/// How a parcel is followed.
#[derive(ToSchema)]
#[schema(as = Tracking)]
pub struct TrackingInput {
    /// Who carries it.
    #[schema(min_length = 1, max_length = 100, examples("DHL"))]
    carrier: String,
    /// The carrier's number of it.
    #[schema(min_length = 1, max_length = 100, examples("00340434161094"))]
    tracking_number: Option<String>,
    /// The carrier's page about it.
    #[schema(
        max_length = 2000,
        pattern = r"^https://[!-~]+$",
        examples("https://carrier.example/track/00340434161094")
    )]
    tracking_url: Option<String>,
}

impl FromFields for TrackingInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let carrier = fields.required("carrier", rules::text(1, 100));
        let tracking_number = fields.optional("tracking_number", rules::text(1, 100));
        let tracking_url = fields.optional("tracking_url", https_url);
        Some(Self { carrier: carrier?, tracking_number: tracking_number?, tracking_url: tracking_url? })
    }
}

/// It stands in a mail that buyers trust, so it is a whole `https` address and nothing else.
fn https_url(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    let plain = text.len() <= 2000
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let uri = text.parse::<axum::http::Uri>().ok().filter(|_| plain);
    let has_host = uri.is_some_and(|uri| {
        uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| host.contains('.'))
    });
    if has_host && !text.contains('@') {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_url", "must be an https address of at most 2000 characters"))
    }
}

impl FromFields for SetStatus {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let status = fields.required("status", |value| {
            let unknown = Invalid::new("unknown_status", "is not an order status");
            rules::string(value)?.parse::<OrderStatus>().map_err(|_| unknown)
        });
        let tracking = fields.optional_object::<TrackingInput>("tracking");
        let (status, tracking) = (status?, tracking?);
        if tracking.is_some() && status != OrderStatus::Shipped {
            fields.error("tracking", Invalid::new("not_alone", "belongs to shipped"));
        }
        Some(Self { status, tracking })
    }
}

/// 200 with the order, also when it was so before; 404; 409 `invalid_transition`; 412.
#[utoipa::path(
    post, path = "/orders/{id}/status", operation_id = "setOrderStatus", tag = "Orders",
    summary = "Move an order along",
    description = "For staff: `paid` → `processing` → `shipped` → `delivered`, or `cancelled` until it is shipped, which does what \
        `POST /orders/{id}/cancel` does. `shipped` makes one shipment of all that remains. Money decides about `paid` and time about \
        `expired`: neither is set by hand. A status that the order has already changes nothing.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), IfMatch),
    request_body(content = SetStatus, example = json!({
        "status": "shipped",
        "tracking": { "carrier": "DHL", "tracking_number": "00340434161094", "tracking_url": "https://carrier.example/track/00340434161094" }
    })),
    responses(
        (status = 200, description = "The order.", body = OrderView, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`invalid_transition`: it does not follow; `allowed` says what does.",
            body = ProblemDocument, example = json!({
                "code": "invalid_transition", "detail": "The order's status does not allow this; see allowed.",
                "order_status": "paid", "allowed": ["processing", "cancelled"]
            }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    Staff(staff): Staff,
    PathId(id): PathId<OrderId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let order = super::visible(&state, &staff.into(), id).await?;
    let is_expected =
        |version: i64| etag::check_if_match(&headers, &etag::strong(&version.to_string())).is_ok();
    // The change itself looks again.
    etag::check_if_match(&headers, &etag::strong(&order.version.to_string()))?;
    let wanted = Body::<SetStatus>::from_request(request, &()).await?.value;
    let tracking = wanted.tracking.map(|tracking| Tracking {
        carrier: tracking.carrier,
        tracking_number: tracking.tracking_number,
        tracking_url: tracking.tracking_url,
    });
    let actor = staff.actor();
    let change = Change { actor: &actor, is_staff: true, is_expected: &is_expected };
    idempotent::run_if::<Failure, _>(state.database.pool(), state.clock.as_ref(), None, "", async |_| {
        match change_status::change(&state, id, wanted.status, tracking.as_ref(), &change).await {
            Ok(()) => create::answer(&state, id, StatusCode::OK).await,
            Err(error) => Outcome::Free(error.into()),
        }
    })
    .await
}
