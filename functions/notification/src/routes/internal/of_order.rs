//! `GET /internal/orders/{id}/notifications`

use axum::Json;
use axum::extract::State as Extract;
use cartwright_types::OrderId;
use cartwright_web::identity::Subject;
use cartwright_web::problem::Answer;
use cartwright_web::{Caller, PathId, Problem};

use crate::error;
use crate::routes::view::NotificationView;
use crate::state::State;

/// Rows that are told at most.
const MOST: usize = 50;

/// 200 with what was said about an order, newest first: to staff all of it, to others what its buyer was told, as an account of
/// theirs or without one. Whether the order is the reader's only the order service knows: the gateway asks both at the same time,
/// in the reader's name, and passes this on to nobody who may not read the order.
pub async fn of_order(
    caller: Caller,
    Extract(state): Extract<State>,
    PathId(id): PathId<OrderId>,
) -> Answer<Json<Vec<NotificationView>>> {
    if matches!(caller.0, Subject::Service { .. }) {
        return Err(Problem::forbidden());
    }
    let (all, reader) = (caller.is_staff(), caller.user().map(|user| user.id));
    let rows = state.notifications.of_order(id, MOST, |row| all || row.is_for_buyer(id, reader)).await;
    let rows = rows.map_err(|error| error::store(&error))?;
    Ok(Json(rows.into_iter().map(NotificationView::from).collect()))
}
