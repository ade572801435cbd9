//! Staff move an order along its state machine. Being shipped makes a parcel of all that remains.

use cartwright_contracts::events::{OrderStatusChanged, Tracking};
use cartwright_database::Tx;
use cartwright_types::{OrderId, new_uuid};
use cartwright_web::{Problem, etag};
use thiserror::Error;

use crate::db::orders;
use crate::db::shipments::{self, ShipmentRow};
use crate::domain::order::OrderStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cancel_order;
use crate::usecases::events::tell;

/// Who changes an order, and what they have seen of it.
pub struct Change<'a> {
    /// `user:<id>`
    pub actor: &'a str,
    /// Else its buyer.
    pub is_staff: bool,
    /// Whether the order's version is one that the caller expects.
    pub is_expected: &'a (dyn Fn(i64) -> bool + Send + Sync),
}

/// Why an order stays as it is.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// It was changed since the caller read it.
    #[error("the order has another version")]
    Stale,
    /// The status does not follow from the one it is in, or not by this caller.
    #[error("{from:?} does not become that by hand")]
    NotAllowed {
        /// Where it is.
        from: OrderStatus,
        /// What would be possible.
        allowed: Vec<OrderStatus>,
    },
    /// A dependency failed; run it again.
    #[error("a dependency failed")]
    Failed(#[from] Failure),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Stale => etag::precondition_failed(),
            ChangeError::NotAllowed { from, allowed } => Self::conflict("invalid_transition")
                .detail("The order's status does not allow this; see allowed.")
                .with("order_status", from)
                .with("allowed", allowed),
            ChangeError::Failed(failure) => failure.into(),
        }
    }
}

/// Makes the order `to`; one that is so already stays as it is.
///
/// # Errors
/// See [`ChangeError`].
pub async fn change(
    state: &State,
    id: OrderId,
    to: OrderStatus,
    tracking: Option<&Tracking>,
    change: &Change<'_>,
) -> Result<(), ChangeError> {
    if to == OrderStatus::Cancelled {
        return cancel_order::cancel(state, id, change).await;
    }
    let order = orders::find(state.database.pool(), id).await?.ok_or(Failure::Data("no such order"))?;
    let order = &order;
    state
        .database
        .transaction("change_status", |tx| {
            Box::pin(async move {
                let Some(from) = locked(tx, id, change, to).await? else { return Ok(()) };
                if to == OrderStatus::Shipped {
                    ship_the_rest(tx, state, id, tracking, change.actor).await?;
                }
                let event = OrderStatusChanged {
                    order_id: id,
                    number: order.number.clone(),
                    user_id: order.buyer(),
                    status: to.as_str().to_owned(),
                    tracking: tracking.cloned(),
                };
                let won = orders::transition(tx, &state.clock, id, from, to).await?;
                // Nobody else could win: the row is locked.
                let version = won.ok_or(Failure::Data("a locked order changed"))?;
                tell(tx, &state.clock, id, version, change.actor, &event).await?;
                Ok::<(), ChangeError>(())
            })
        })
        .await
}

/// Locks the order and says where it is, if it may become `to` by this caller. None: it is `to` already.
pub(crate) async fn locked(
    tx: &mut Tx<'_>,
    id: OrderId,
    change: &Change<'_>,
    to: OrderStatus,
) -> Result<Option<OrderStatus>, ChangeError> {
    let (status, version) =
        orders::lock_version(tx, id).await?.ok_or(Failure::Data("a locked order is gone"))?;
    let from: OrderStatus = status.parse().map_err(|_| Failure::Data("unknown order status"))?;
    if !(change.is_expected)(version) {
        return Err(ChangeError::Stale);
    }
    if from == to {
        return Ok(None);
    }
    let allowed = if change.is_staff {
        from.allowed_by_hand()
    } else if from.is_before_fulfilment() {
        vec![OrderStatus::Cancelled]
    } else {
        Vec::new()
    };
    if allowed.contains(&to) { Ok(Some(from)) } else { Err(ChangeError::NotAllowed { from, allowed }) }
}

/// One parcel of all that is in none yet; nothing where all of it went back on the shelf before.
async fn ship_the_rest(
    tx: &mut Tx<'_>,
    state: &State,
    id: OrderId,
    tracking: Option<&Tracking>,
    actor: &str,
) -> Result<(), sqlx::Error> {
    let remaining = shipments::remaining(tx, id).await?;
    if remaining.is_empty() {
        return Ok(());
    }
    let shipment = ShipmentRow {
        id: new_uuid(state.clock.as_ref()),
        order_id: id.uuid(),
        carrier: tracking.map(|tracking| tracking.carrier.clone()),
        tracking_number: tracking.and_then(|tracking| tracking.tracking_number.clone()),
        tracking_url: tracking.and_then(|tracking| tracking.tracking_url.clone()),
        actor: actor.to_owned(),
        created_at: state.clock.now(),
    };
    shipments::insert(tx, &shipment, &remaining).await
}
