//! `GET /internal/orders/{id}/payments?order_token=`

use axum::Json;
use axum::extract;
use cartwright_types::OrderId;
use cartwright_web::{PathId, Problem, Query};

use crate::db::payments;
use crate::error::Failure;
use crate::routes::orders::{Buyer, show::ShowOrder, visible};
use crate::state::State;
use crate::usecases::order_view::{PaymentView, payment_view};

/// 200 with an order's payments as `GET /payments/{id}` shows each, newest first; 404 for whoever may not read the order. The
/// gateway asks in the reader's name.
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    Query(query): Query<ShowOrder>,
) -> Result<Json<Vec<PaymentView>>, Problem> {
    visible(&state, &buyer.or_with(query.order_token.as_deref()), id).await?;
    let rows = payments::of_order(state.database.pool(), id).await.map_err(Failure::from)?;
    Ok(Json(rows.iter().map(payment_view).collect::<Result<_, _>>()?))
}
