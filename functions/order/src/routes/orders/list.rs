//! `GET /orders`: own ones, newest first; staff see all.

use axum::extract;
use cartwright_types::{OrderId, UserId};
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Problem, Query, User};
use chrono::{DateTime, Utc};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::db::orders::{self, OrderFilter};
use crate::domain::fulfilment::FulfilmentStatus;
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::order_view::{self, OrderView, fulfilment_statuses, order_payment_statuses};

/// The query.
pub struct ListOrders {
    filter: OrderFilter,
    page: PageRequest<Uuid>,
}

impl FromParams for ListOrders {
    fn from_params(params: &mut Params) -> Option<Self> {
        let status = params.optional("status", |text| {
            text.parse::<OrderStatus>().map_err(|_| Invalid::new("unknown_status", "is not an order status"))
        });
        let user_id = params.optional("user_id", |text| {
            text.parse::<UserId>().map_err(|_| Invalid::new("invalid_id", "must be a UUID"))
        });
        let payment_status = params.optional("payment_status", |text| {
            let mut known = PaymentStatus::public_words().chain(["none"]);
            known.find(|word| *word == text).ok_or(Invalid::new("unknown_status", "is not a payment status"))
        });
        let fulfilment_status = params.optional("fulfilment_status", |text| {
            text.parse::<FulfilmentStatus>()
                .map_err(|_| Invalid::new("unknown_status", "is not a fulfilment status"))
        });
        let created_from = params.optional("created_from", time);
        let created_to = params.optional("created_to", time);
        let (status, user_id, payment_status) = (status?, user_id?, payment_status?);
        let (fulfilment_status, created_from, created_to) = (fulfilment_status?, created_from?, created_to?);
        let mut filter = OrderFilter {
            user_id,
            status,
            payment_status,
            fulfilment_status,
            created_from,
            created_to,
            after: None,
        };
        let page = PageRequest::from_params(params, &format!("{filter:?}"))?;
        filter.after = page.after.map(OrderId);
        Some(Self { filter, page })
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, Invalid> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| Invalid::new("invalid_time", "must be a time in RFC 3339, such as 2026-11-02T00:00:00Z"))
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; ListOrders is what is read")]
struct ListParams {
    /// Only orders in this status.
    #[param(inline, required = false)]
    status: OrderStatus,
    /// Only orders whose newest payment stands so; `none`: without one.
    #[param(required = false, schema_with = order_payment_statuses)]
    payment_status: String,
    /// Only orders that are sent so far.
    #[param(required = false, schema_with = fulfilment_statuses)]
    fulfilment_status: String,
    /// For staff: only this user's. 403 for a customer.
    #[param(required = false)]
    user_id: Uuid,
    /// Placed then or later.
    #[param(required = false)]
    created_from: DateTime<Utc>,
    /// Placed before.
    #[param(required = false)]
    created_to: DateTime<Utc>,
}

/// 200 with a page; 403 for a customer who filters by user.
#[utoipa::path(
    get, path = "/orders", operation_id = "listOrders", tag = "Orders",
    summary = "List orders",
    description = "One's own, for staff everybody's; newest first. There is no other order.",
    params(ListParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<OrderView>)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    Query(query): Query<ListOrders>,
) -> Result<Page<OrderView>, Problem> {
    let ListOrders { mut filter, page } = query;
    if !user.is_staff() {
        if filter.user_id.is_some() {
            return Err(Problem::forbidden());
        }
        filter.user_id = Some(user.id);
    }
    let rows = orders::list(state.database.pool(), &filter, page.fetch()).await.map_err(Failure::from)?;
    let views = order_view::complete(&state, rows).await?;
    Ok(page.page(views, |view: &OrderView| view.id))
}
