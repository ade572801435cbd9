//! `ROLE=load-catalogue`: a catalogue as NDJSON, categories before the products that are in them.

mod line;
mod write;

use std::io::BufRead;

use cartwright_database::Database;
use cartwright_types::{Clock, Currency};
use thiserror::Error;

use line::Line;

/// Which line could not be loaded, and why. The lines before its batch are in.
#[derive(Debug, Error)]
#[error("line {number} cannot be loaded")]
pub struct LoadError {
    /// Counted from 1; 0 when it was no line's fault.
    pub number: usize,
    #[source]
    problem: Problem,
}

#[derive(Debug, Error)]
enum Problem {
    #[error("the input ends early")]
    Input(#[from] std::io::Error),
    #[error("it does not have the form that the service's README shows")]
    Form(#[from] serde_json::Error),
    #[error("{0}")]
    Rule(String),
    #[error("the database refuses it")]
    Database(#[from] sqlx::Error),
}

impl LoadError {
    fn at(number: usize, problem: impl Into<Problem>) -> Self {
        Self { number, problem: problem.into() }
    }
}

/// A transaction whose commit fails belongs to no line.
impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self::at(0, error)
    }
}

/// Lines of one transaction.
const BATCH: usize = 100;

/// Loads `input` and says how many lines it had. Categories and products are found by slug, variants by sku: loading the
/// same again changes nothing, and stock that is there stays as it is. What is not in the input stays too.
///
/// # Errors
/// The first line that cannot be loaded.
pub async fn load_catalogue(
    database: &Database,
    clock: &dyn Clock,
    currency: Currency,
    input: impl BufRead,
) -> Result<usize, LoadError> {
    let mut batch: Vec<(usize, Line)> = Vec::with_capacity(BATCH);
    let mut loaded = 0;
    for (at, text) in input.lines().enumerate() {
        let number = at + 1;
        let text = text.map_err(|error| LoadError::at(number, error))?;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&text).map_err(|error| LoadError::at(number, error))?;
        line.check(currency).map_err(|rule| LoadError::at(number, Problem::Rule(rule)))?;
        batch.push((number, line));
        loaded += 1;
        if batch.len() == BATCH {
            write_batch(database, clock, &batch).await?;
            batch.clear();
        }
    }
    write_batch(database, clock, &batch).await?;
    Ok(loaded)
}

async fn write_batch(
    database: &Database,
    clock: &dyn Clock,
    batch: &[(usize, Line)],
) -> Result<(), LoadError> {
    if batch.is_empty() {
        return Ok(());
    }
    database
        .transaction("load_catalogue", |tx| {
            Box::pin(async move {
                for (number, line) in batch {
                    write::line(tx, clock, line).await.map_err(|problem| LoadError::at(*number, problem))?;
                }
                Ok(())
            })
        })
        .await
}
