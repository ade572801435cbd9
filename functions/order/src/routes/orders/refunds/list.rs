//! `GET /orders/{id}/refunds`

use axum::extract;
use cartwright_types::OrderId;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::{FromParams, Params, PathId, Problem, Query, Staff};
use uuid::Uuid;

use super::view::{RefundView, view};
use crate::db::refunds;
use crate::error::Failure;
use crate::routes::orders::visible;
use crate::state::State;

/// The query.
pub struct ListRefunds(PageRequest<Uuid>);

impl FromParams for ListRefunds {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "refunds").map(Self)
    }
}

/// 200 with a page; 404.
#[utoipa::path(
    get, path = "/orders/{id}/refunds", operation_id = "listOrderRefunds", tag = "Orders",
    summary = "List an order's refunds",
    description = "For staff; newest first. There is no other order.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), PageParams),
    responses((status = 200, description = "A page.", body = Page<RefundView>)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    Staff(staff): Staff,
    PathId(id): PathId<OrderId>,
    Query(ListRefunds(page)): Query<ListRefunds>,
) -> Result<Page<RefundView>, Problem> {
    let order = visible(&state, &staff.into(), id).await?;
    let rows = refunds::of_order(state.database.pool(), id, page.after, page.fetch()).await;
    let rows = rows.map_err(Failure::from)?;
    let views = rows.into_iter().map(|row| view(row, &order.currency)).collect::<Result<Vec<_>, _>>()?;
    Ok(page.page(views, |view: &RefundView| view.id))
}
