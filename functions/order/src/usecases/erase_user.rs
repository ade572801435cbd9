//! A user is gone: the cart is emptied and orders lose the person.
//!
//! An order that still is to be paid, packed or delivered keeps its addresses until it has ended; [`sweep`] comes for it
//! then, and for one that a request wrote which was under way when the account went. What the law wants kept stays:
//! number, lines, sums, country, payments, history (ids only), and the invoice as it was issued, row and PDF. The user's
//! id stays too: nobody is behind it any more. A cart that a late request fills goes by its own expiry.

use std::convert::Infallible;

use cartwright_database::inbox;
use cartwright_types::UserId;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::clients::carts::CartOwner;
use crate::db::erasures;
use crate::error::Failure;
use crate::state::State;

/// What the inbox remembers this consumer by.
const CONSUMER: &str = "order-events";
/// An erasure is remembered so long at least: by then access tokens and idempotency keys from before it are over.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// Erases `user`, as told by `message_id`. May be repeated.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn erase(state: &State, message_id: Uuid, user: UserId) -> Result<(), Failure> {
    let emptied = state.carts.update(CartOwner::User(user), None, false, |cart| {
        cart.lines.clear();
        cart.reductions.clear();
        Ok::<(), Infallible>(())
    });
    emptied.await?;
    state
        .database
        .transaction("erase_user", |tx| {
            Box::pin(async move {
                if inbox::is_first(tx, CONSUMER, message_id).await? {
                    let now = state.clock.now();
                    erasures::request(tx, user, now).await?;
                    erasures::anonymise_orders(tx, Some(user), now).await?;
                    erasures::forget_answers(tx, user).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

/// Anonymises what has ended since, and forgets erasures that are complete.
///
/// # Errors
/// The database failed.
pub async fn sweep(state: &State) -> Result<(), Failure> {
    let now = state.clock.now();
    let anonymised = state
        .database
        .transaction("anonymise_orders", |tx| {
            Box::pin(async move { Ok::<u64, Failure>(erasures::anonymise_orders(tx, None, now).await?) })
        })
        .await?;
    if anonymised > 0 {
        tracing::info!(anonymised, "orders of erased users have ended and lost the person");
    }
    Ok(erasures::close(state.database.pool(), now - REMEMBERED).await?)
}
