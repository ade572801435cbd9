//! `GET /orders`: own ones, newest first; staff see all.

use axum::extract;
use cartwright_types::{OrderId, UserId};
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Problem, Query, User};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::db::orders::{self, OrderFilter};
use crate::domain::order::OrderStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::order_view::{self, OrderView};

/// The query.
pub struct ListOrders {
    status: Option<OrderStatus>,
    user_id: Option<UserId>,
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
        let (status, user_id) = (status?, user_id?);
        let page = PageRequest::from_params(params, &format!("{status:?} {user_id:?}"))?;
        Some(Self { status, user_id, page })
    }
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; ListOrders is what is read")]
struct ListParams {
    /// Only orders in this status.
    #[param(inline, required = false)]
    status: OrderStatus,
    /// For staff: only this user's. 403 for a customer.
    #[param(required = false)]
    user_id: Uuid,
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
    if query.user_id.is_some() && !user.is_staff() {
        return Err(Problem::forbidden());
    }
    let filter = OrderFilter {
        user_id: if user.is_staff() { query.user_id } else { Some(user.id) },
        status: query.status,
        after: query.page.after.map(OrderId),
    };
    let rows =
        orders::list(state.database.pool(), &filter, query.page.fetch()).await.map_err(Failure::from)?;
    let views = order_view::complete(&state, rows).await?;
    Ok(query.page.page(views, |view: &OrderView| view.id))
}
