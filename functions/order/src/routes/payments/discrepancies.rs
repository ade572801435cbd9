//! `GET /payments/discrepancies`

use axum::extract;
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::{FromParams, Params, Problem, Query, Staff};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::discrepancies::{self, DiscrepancyRow};
use crate::error::Failure;
use crate::state::State;

/// Something that does not agree with a provider and that the reconciler could not mend.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discrepancy)]
pub struct DiscrepancyView {
    /// Its id.
    id: Uuid,
    /// About which payment.
    payment_id: Uuid,
    /// Of which order.
    order_id: Uuid,
    /// What it is.
    #[schema(schema_with = kinds)]
    kind: String,
    /// What there is to know; each kind has members of its own.
    #[schema(value_type = Object)]
    detail: Value,
    /// Since when.
    seen_at: DateTime<Utc>,
}

/// Every kind that is ever noted.
pub const KINDS: [&str; 9] = [
    "amount_mismatch",
    "currency_mismatch",
    "livemode_mismatch",
    "account_mismatch",
    "identity_mismatch",
    "captured_without_order_paid",
    "unknown_outcome",
    "refund_failed",
    "disputed",
];

fn kinds() -> utoipa::openapi::Object {
    words("What it is.", &KINDS)
}

impl From<DiscrepancyRow> for DiscrepancyView {
    fn from(row: DiscrepancyRow) -> Self {
        Self {
            id: row.id,
            payment_id: row.payment_id,
            order_id: row.order_id,
            kind: row.kind,
            detail: row.detail,
            seen_at: row.seen_at,
        }
    }
}

/// The query.
pub struct ListDiscrepancies(PageRequest<Uuid>);

impl FromParams for ListDiscrepancies {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "discrepancies").map(Self)
    }
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/payments/discrepancies", operation_id = "listPaymentDiscrepancies", tag = "Payments",
    summary = "List what does not agree with a provider",
    description = "For staff: what the reconciler has found and could not mend, until it is right again; newest first. There is no \
        other order.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<DiscrepancyView>)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    Staff(_): Staff,
    Query(ListDiscrepancies(page)): Query<ListDiscrepancies>,
) -> Result<Page<DiscrepancyView>, Problem> {
    let rows = discrepancies::list(state.database.pool(), page.after, page.fetch()).await;
    let views = rows.map_err(Failure::from)?.into_iter().map(DiscrepancyView::from).collect();
    Ok(page.page(views, |view: &DiscrepancyView| view.id))
}
