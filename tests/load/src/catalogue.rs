//! Reads of the catalogue, beside the same reads of bare tables that hold the same texts. Everything shares the machine's
//! cores, in turn: the service, PostgreSQL, and who measures.

mod dice;
mod load;
mod shops;

mod reads;
mod search;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::report::{Report, spread};

/// Who reads at once.
const CLIENTS: usize = 8;
/// Products of the large shop, and of the bare tables.
const MANY: u32 = 100_000;
/// Products of the small shop.
const FEW: u32 = 1_000;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each load lasts.
    pub load: Duration,
}

/// Measures products by id and pages of 20 (past and through the gateway), and what a hundred times the products cost. Runs
/// the services of the folder `binaries` on a PostgreSQL of its own, prints a table and fills a report. The emulator is
/// that of [`localstack::Options::from_env`].
///
/// # Errors
/// Something does not start, or an answer is not as it should be.
pub async fn bench_reads(binaries: &Path, amount: Amount) -> Result<Report> {
    let shops = Box::pin(shops::Shops::open("catalogue", binaries, &[FEW, MANY])).await?;
    let outcome = reads::measure(&shops, amount).await;
    shops.close().await?;
    outcome
}

/// Measures searches of one and of two words, without and with facets, as [`bench_reads`] does.
///
/// # Errors
/// Something does not start, or an answer is not as it should be.
pub async fn bench_search(binaries: &Path, amount: Amount) -> Result<Report> {
    let shops = Box::pin(shops::Shops::open("search", binaries, &[MANY])).await?;
    let outcome = search::measure(&shops, amount).await;
    shops.close().await?;
    outcome
}

fn print(what: &str, values: &[f64]) {
    let (median, least, most) = spread(values);
    println!("{what:<56} {median:>10.2} ({least:.2}-{most:.2})");
}
