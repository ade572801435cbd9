//! The invariants of the shop, each a question to the books. What it answers is a violation.

mod across;
mod answers;
mod questions;
mod till;

use std::fmt;

use anyhow::Result;
use sqlx::PgPool;

use crate::books::Books;
use crate::told::Told;
use questions::{ORDERS, OUTBOX, PRODUCTS};

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static str,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.found)
    }
}

/// Everything that must never be and is, in the books and between them and what buyers were told.
///
/// # Errors
/// The books cannot be read.
pub async fn check(books: &Books, told: &Told) -> Result<Vec<Violation>> {
    let mut violations = check_databases(books, told).await?;
    across::notifications(books, &mut violations).await?;
    across::queues(books, &mut violations).await?;
    Ok(violations)
}

/// The same without what takes long: notifications, mail and queues.
///
/// # Errors
/// A database cannot be read.
pub async fn check_databases(books: &Books, told: &Told) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    ask(&books.products, PRODUCTS, &mut violations).await?;
    ask(&books.orders, ORDERS, &mut violations).await?;
    for pool in [&books.orders, &books.users] {
        ask(pool, &[OUTBOX], &mut violations).await?;
    }
    answers::agree(told, &mut violations);
    answers::are_kept(books, told, &mut violations).await?;
    till::agree(books, &mut violations).await?;
    across::reservations(books, &mut violations).await?;
    across::stock(books, &mut violations).await?;
    Ok(violations)
}

async fn ask(
    pool: &PgPool,
    questions: &[(&'static str, &'static str)],
    into: &mut Vec<Violation>,
) -> Result<()> {
    for (invariant, sql) in questions {
        let found: Vec<(String,)> = sqlx::query_as(*sql).fetch_all(pool).await?;
        into.extend(found.into_iter().map(|(found,)| Violation { invariant, found }));
    }
    Ok(())
}
