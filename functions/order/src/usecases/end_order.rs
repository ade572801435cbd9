//! The one place where an order ends without being fulfilled: cancelled by somebody, expired, or paid when its stock was gone.

use cartwright_contracts::Event;
use cartwright_database::Tx;
use cartwright_types::OrderId;

use crate::db::{orders, promotions};
use crate::domain::order::OrderStatus;
use crate::state::State;
use crate::usecases::events::tell;

/// Moves the order from `from` to `to`, frees what it holds here, and tells; its stock goes back by the event. False: it was
/// not in `from` any more, and nothing was done. The caller holds the order's lock.
pub(crate) async fn end<E: Event>(
    tx: &mut Tx<'_>,
    state: &State,
    id: OrderId,
    (from, to): (OrderStatus, OrderStatus),
    actor: &str,
    event: &E,
) -> Result<bool, sqlx::Error> {
    debug_assert!(to.is_off(), "{to:?} is no end of this kind");
    let Some(version) = orders::transition(tx, &state.clock, id, from, to).await? else { return Ok(false) };
    promotions::free(tx, id).await?;
    tell(tx, &state.clock, id, version, actor, event).await?;
    Ok(true)
}
