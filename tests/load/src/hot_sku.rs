//! How many buyers a second get a sku that everybody wants, beside what PostgreSQL does with one row that everybody
//! updates. Both on the same server, which waits for its disk; in turn, since they share the machine's cores.

mod buyers;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use localstack::{Options, Service, Stack};
use serde_json::json;

use crate::pgbench::PgBench;
use crate::report::{Report, spread};
use crate::server::Server;
use buyers::{Buyers, Wish};

const SCHEMA: &str = include_str!("orders.sql");
/// An order of one line of the same product, statement by statement. Of everything in it the stock row is updated last, so
/// that it is held for as short as that can be.
const ORDER: &str = include_str!("hot_sku/hot.sql");
/// Buyers at once.
const FEW: usize = 8;
/// And many of them.
const MANY: usize = 32;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each load lasts.
    pub load: Duration,
}

/// What one round measured of a number of clients, each a second.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    plain: f64,
    reserved: f64,
    bought: f64,
}

/// Runs the product service of the folder `binaries` on a PostgreSQL of its own, prints a table and fills a report. The
/// emulator is that of [`Options::from_env`].
///
/// # Errors
/// Something does not start, or an answer is not as it should be.
pub async fn bench(binaries: &Path, amount: Amount) -> Result<Report> {
    let server = Server::start("hot-sku").await?;
    let outcome = with_server(&server, binaries, amount).await;
    server.stop().await?;
    outcome
}

async fn with_server(server: &Server, binaries: &Path, amount: Amount) -> Result<Report> {
    let url = |database: &str| server.cluster.url(database);
    let pgbench = PgBench::prepare(&server.binaries, url, SCHEMA).await?;
    let mut options = Options::from_env()?;
    options.superuser_url = url("postgres");
    options.binaries = binaries.to_path_buf();
    let mut stack = Box::pin(Stack::prepare(options)).await?;
    stack.start_service(Service::Product).await?;
    let outcome = measure(&stack, &pgbench, amount).await;
    stack.stop().await?;
    outcome
}

async fn measure(stack: &Stack, pgbench: &PgBench, amount: Amount) -> Result<Report> {
    let buyers = Buyers::of(stack).await?;
    let mut rounds = Vec::new();
    for number in 1..=amount.rounds {
        let mut round = [Rates::default(); 2];
        for (rates, people) in round.iter_mut().zip([FEW, MANY]) {
            rates.plain = pgbench.per_second(ORDER, people, amount.load).await?;
            rates.reserved = buyers.rate(Wish::Reserve, people, amount.load).await?;
            rates.bought = buyers.rate(Wish::Buy, people, amount.load).await?;
        }
        rounds.push(round);
        println!("round {number} of {} is done", amount.rounds);
    }
    print(&rounds);
    Ok(report(&rounds))
}

fn report(rounds: &[[Rates; 2]]) -> Report {
    let ratios = |pick: fn(&[Rates; 2]) -> f64| -> Vec<f64> { rounds.iter().map(pick).collect() };
    let mut report = Report::default();
    report.ratio("hot_vs_plain_row", ratios(|[_, many]| many.reserved / many.plain));
    report.ratio(format!("hot_vs_plain_row_at_{FEW}"), ratios(|[few, _]| few.reserved / few.plain));
    report.ratio("hot_bought_vs_plain_row", ratios(|[_, many]| many.bought / many.plain));
    report.ratio(format!("hot_bought_vs_plain_row_at_{FEW}"), ratios(|[few, _]| few.bought / few.plain));
    for round in rounds {
        let [few, many] = round.map(|rates| {
            json!({
                "plain_row_orders_per_second": rates.plain,
                "reserved_per_second": rates.reserved,
                "reserved_and_committed_per_second": rates.bought,
            })
        });
        report.raw(json!({ "at_8": few, "at_32": many }));
    }
    report
}

fn print(rounds: &[[Rates; 2]]) {
    println!();
    for (at, people) in [FEW, MANY].into_iter().enumerate() {
        let row = |what: &str, pick: fn(&Rates) -> f64| {
            let values: Vec<f64> = rounds.iter().map(|round| pick(&round[at])).collect();
            let (median, least, most) = spread(&values);
            println!("{what:<48} {median:>9.2} ({least:.2}-{most:.2})");
        };
        println!("{people} at once, a second");
        row("  orders of one row by pgbench", |rates| rates.plain);
        row("  reserved", |rates| rates.reserved);
        row("    ÷ pgbench", |rates| rates.reserved / rates.plain);
        row("  reserved and committed", |rates| rates.bought);
        row("    ÷ pgbench", |rates| rates.bought / rates.plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_many() {
        let few = Rates { plain: 500.0, reserved: 500.0, bought: 250.0 };
        let many = Rates { plain: 1000.0, reserved: 3000.0, bought: 1500.0 };
        let folder = tempfile::tempdir().unwrap();
        report(&[[few, many]]).write(folder.path(), "hot-sku", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("hot-sku.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["hot_vs_plain_row"]["median"], 3.0);
        assert_eq!(written["ratios"]["hot_vs_plain_row_at_8"]["median"], 1.0);
        assert_eq!(written["raw"][0]["at_32"]["reserved_per_second"], 3000.0);
    }
}
