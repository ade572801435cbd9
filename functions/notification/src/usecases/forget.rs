//! Somebody is gone: what leads to them goes from their rows.

use std::time::Duration;

use cartwright_types::{Clock, UserId};
use thiserror::Error;

use super::deliver::rest;
use crate::db::{Contents, Filter, Notifications, StoreError};
use crate::domain::Status;

/// Why it is not over yet.
#[derive(Debug, Error)]
pub enum ForgetError {
    /// A message is on its way whose provider's name for it is not written yet: to be tried again when its lease has ended.
    #[error("a message to the user is being sent")]
    Busy(Duration),
    /// The rows could not be read or written.
    #[error("the rows could not be changed")]
    Store(#[from] StoreError),
}

/// Removes from the rows of `user` the provider's names for their messages: by these alone, in the provider's books,
/// anybody could still learn an address. What they said goes, and what waits to be sent is taken back. A row holds no other trace of a person; that something was said to an id that has
/// nobody behind it stays until the row expires, so that a late delivery of an old event meets it. May be repeated.
///
/// # Errors
/// See [`ForgetError`].
pub async fn forget(
    notifications: &Notifications,
    contents: &Contents,
    clock: &dyn Clock,
    user: UserId,
) -> Result<(), ForgetError> {
    let now = clock.now();
    let rows = notifications.of_user(user, &Filter::default(), None, usize::MAX).await?;
    let mut busy = None;
    for row in rows {
        notifications.forget_messages(&row, now).await?;
        contents.remove(row.id).await?;
        // The list may be a moment old: a row that cannot be taken back is being sent by now, or was.
        let row =
            if row.status == Status::Queued && !notifications.cancel(row.id, "account_closed", now).await? {
                let Some(row) = notifications.find(row.id).await? else { continue };
                notifications.forget_messages(&row, now).await?;
                row
            } else {
                row
            };
        if row.status == Status::Sending && row.lease_until > now {
            busy = busy.max(Some(row.lease_until));
        }
    }
    busy.map_or(Ok(()), |until| Err(ForgetError::Busy(rest(until, now))))
}
