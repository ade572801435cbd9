//! The address book: adding, replacing, removing.

use cartwright_types::UserId;
use thiserror::Error;
use uuid::Uuid;

use crate::db::{addresses, users};
use crate::domain::address::{BookAddress, Entry, MOST};
use crate::error::Failure;
use crate::state::State;

/// Why the book stays as it is.
#[derive(Debug, Error)]
pub enum BookError {
    /// No such user, or no such address in their book.
    #[error("there is no such address")]
    NotFound,
    /// The book is full.
    #[error("the book is full")]
    Full,
    /// It was changed since the caller read it.
    #[error("the address has another version")]
    Stale,
    /// Not the client's doing.
    #[error("changing the book failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for BookError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Adds an address under this id. Added before under it, it is as it was.
///
/// # Errors
/// See [`BookError`].
pub async fn add(state: &State, user: UserId, id: Uuid, book: &BookAddress) -> Result<Entry, BookError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("add_address", |tx| {
        Box::pin(async move {
            // The user's row is the book's lock: no two requests give the same default away.
            users::lock(tx, user).await?.ok_or(BookError::NotFound)?;
            if let Some(entry) = addresses::get(&mut **tx, user, id).await? {
                return Ok(entry);
            }
            if addresses::count(tx, user).await? >= MOST {
                return Err(BookError::Full);
            }
            addresses::give_up_defaults(tx, user, id, book, clock.now()).await?;
            addresses::insert(tx, user, id, book, clock.now()).await?;
            addresses::get(&mut **tx, user, id).await?.ok_or(BookError::NotFound)
        })
    });
    work.await
}

/// Replaces an address, if it has the version that `is_expected` accepts.
///
/// # Errors
/// See [`BookError`].
pub async fn replace(
    state: &State,
    user: UserId,
    id: Uuid,
    book: &BookAddress,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<Entry, BookError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("replace_address", |tx| {
        Box::pin(async move {
            users::lock(tx, user).await?.ok_or(BookError::NotFound)?;
            let before = addresses::get(&mut **tx, user, id).await?.ok_or(BookError::NotFound)?;
            if !is_expected(before.version) {
                return Err(BookError::Stale);
            }
            if before.book == *book {
                return Ok(before);
            }
            addresses::give_up_defaults(tx, user, id, book, clock.now()).await?;
            addresses::update(tx, user, id, book, clock.now()).await?;
            addresses::get(&mut **tx, user, id).await?.ok_or(BookError::NotFound)
        })
    });
    work.await
}

/// Removes an address, if it has the version that `is_expected` accepts.
///
/// # Errors
/// See [`BookError`].
pub async fn remove(
    state: &State,
    user: UserId,
    id: Uuid,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<(), BookError> {
    let work = state.database.transaction("remove_address", |tx| {
        Box::pin(async move {
            users::lock(tx, user).await?.ok_or(BookError::NotFound)?;
            let before = addresses::get(&mut **tx, user, id).await?.ok_or(BookError::NotFound)?;
            if !is_expected(before.version) {
                return Err(BookError::Stale);
            }
            Ok(addresses::delete(tx, user, id).await?)
        })
    });
    work.await
}
