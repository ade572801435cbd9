//! `PATCH /inventory/{sku}`

use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{ETAG, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{IfMatch, OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::problem::Answer;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, PathId, Staff, etag};
use utoipa::ToSchema;

use super::view::{ItemView, tag};
use super::{Sku, SkuPath, item};
use crate::state;
use crate::usecases::{ChangeError, Quantity, StockChange, change_stock};

/// Pieces of a sku.
const MOST: i64 = 1_000_000_000;

/// What is to change: `adjust` or `set` with its `reason`, `reorder_point`, or both.
#[derive(ToSchema)]
#[schema(as = InventoryChange)]
#[expect(dead_code, reason = "only described; Patch is what is read")]
struct InventoryChange {
    /// So many more, or fewer; not 0. Needs an `Idempotency-Key`; not together with `set`.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000, nullable = false, examples(-3))]
    adjust: Option<i64>,
    /// So many were counted. Needs `count_version`; not together with `adjust`.
    #[schema(minimum = 0, maximum = 1_000_000_000, nullable = false)]
    set: Option<i64>,
    /// Why; with `adjust` and `set`, and only with them.
    #[schema(min_length = 1, max_length = 200, nullable = false, examples("Water damage"))]
    reason: Option<String>,
    /// What it was when the count began; with `set`, and only with it.
    #[schema(minimum = 1, nullable = false)]
    count_version: Option<i64>,
    /// At this many or fewer `available` the stock is low.
    #[schema(minimum = 0, maximum = 1_000_000_000, nullable = false)]
    reorder_point: Option<i64>,
}

/// The fields of a PATCH.
pub struct Patch(StockChange);

impl FromFields for Patch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let adjust = fields.optional("adjust", |value| match rules::integer(-MOST, MOST)(value)? {
            0 => Err(Invalid::new("out_of_range", "must not be 0")),
            by => Ok(by),
        });
        let set = fields.optional("set", rules::integer(0, MOST));
        let reason = fields.optional("reason", rules::text(1, 200));
        let count_version = fields.optional("count_version", rules::integer(1, i64::MAX));
        let reorder_point = fields.optional("reorder_point", rules::integer(0, MOST));
        let (adjust, set, reason) = (adjust?, set?, reason?);
        let (count_version, reorder_point) = (count_version?, reorder_point?);
        let mut fail = |name, code, detail| fields.error(name, Invalid::new(code, detail));
        if adjust.is_some() && set.is_some() {
            fail("set", "not_together", "excludes adjust");
        }
        let changes = adjust.is_some() || set.is_some();
        match &reason {
            None if changes => fail("reason", "required", "is required"),
            Some(_) if !changes => fail("reason", "not_alone", "belongs to adjust or set"),
            _ => {}
        }
        match count_version {
            None if set.is_some() => fail("count_version", "required", "is required with set"),
            Some(_) if set.is_none() => fail("count_version", "not_alone", "belongs to set"),
            _ => {}
        }
        if !changes && reorder_point.is_none() {
            fail("adjust", "required", "adjust, set or reorder_point is required");
        }
        let quantity = match (adjust, set, count_version) {
            (Some(by), ..) => Some(Quantity::Adjust(by)),
            (None, Some(to), Some(version)) => Some(Quantity::Set(to, version)),
            _ => None,
        };
        Some(Self(StockChange { quantity: quantity.zip(reason), reorder_point }))
    }
}

/// 200 with the stock; 400 `idempotency_key_required`, 404, 409 `insufficient_stock` or `count_version_stale`, 412.
#[utoipa::path(
    patch, path = "/inventory/{sku}", operation_id = "changeInventoryItem", tag = "Inventory",
    summary = "Change the stock of a sku",
    description = "For staff. `adjust` adds or takes pieces and needs an `Idempotency-Key`, without it 400 \
        `idempotency_key_required`. `set` says how many were counted; when somebody adjusted or counted since \
        `count_version` was read it is 409 `count_version_stale`, whatever orders did meanwhile. Either is written to the \
        ledger with its `reason`. What is reserved must remain.",
    params(SkuPath, OptionalIdempotencyKey, IfMatch),
    request_body(content = InventoryChange, example = json!({ "adjust": -3, "reason": "Water damage" })),
    responses(
        (status = 200, description = "The stock as it is now.", body = ItemView, headers(("ETag" = String))),
        (status = 409, description = "`insufficient_stock` with `on_hand` and `reserved`, `count_version_stale` with \
            `count_version`, or `idempotency_in_flight` with `Retry-After`.", body = ProblemDocument,
            headers(("Retry-After" = i32)), example = json!({
                "code": "insufficient_stock", "detail": "Fewer would remain than are reserved, or than none."
            }))
    ),
    security(("bearer" = []))
)]
pub async fn change(
    State(state): State<state::State>,
    Staff(staff): Staff,
    PathId(sku): PathId<Sku>,
    headers: HeaderMap,
    key: IdempotencyKey,
    request: Request,
) -> Answer<Response> {
    let present = item(&state, &sku).await?;
    // A retry is answered as the first try was, which may have changed the version; the change itself looks again.
    if key.0.is_none() {
        etag::check_if_match(&headers, &tag(present.version))?;
    }
    let body = Body::<Patch>::from_request(request, &()).await?;
    let Patch(change) = body.value;
    let key = match change.quantity {
        Some((Quantity::Adjust(_), _)) => Some(key.required()?),
        _ => key.0,
    };
    let path = format!("/inventory/{}", sku.0);
    let request = key.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::PATCH, &path, &body.raw),
    });
    let (actor, sku) = (staff.actor(), sku.0);
    let is_expected = |version| etag::check_if_match(&headers, &tag(version)).is_ok();
    idempotent::run_if::<ChangeError, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        &path,
        async |id| match change_stock(&state, &actor, &sku, &change, &is_expected, id).await {
            Ok(item) => {
                let headers = HeaderMap::from_iter([(ETAG, tag(item.version))]);
                let body = serde_json::to_value(ItemView::from(item)).unwrap_or_default();
                Outcome::Done(StatusCode::OK, headers, body)
            }
            Err(refused @ (ChangeError::CountStale(_) | ChangeError::InsufficientStock { .. })) => {
                Outcome::Final(refused.into())
            }
            Err(error) => Outcome::Free(error.into()),
        },
    )
    .await
}
