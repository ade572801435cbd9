//! Orders a second of the order and the product service together, beside the same writes in bare SQL. Everything shares the
//! machine's cores, in turn: the services, PostgreSQL, and who buys. The emulator is stopped where it stands meanwhile: its
//! queues are slower than a shop's, and an order that is answered waits for none of them.

mod buyers;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use localstack::emulator::{self, Emulator};
use localstack::paths::Checkout;
use localstack::ports::Port;
use localstack::{Options, Service, Stack};
use serde_json::json;

use crate::cpu::Cpu;
use crate::pgbench::PgBench;
use crate::report::{Report, spread};
use crate::server::Server;
use buyers::{Buyers, Payment};

/// Buyers at once.
const FEW: usize = 8;
/// And many of them.
const MANY: usize = 32;
/// The tables that an order needs at least, of 1,000 products; the figures are those of the design's bare part.
const SCHEMA: &str = include_str!("orders.sql");
/// An order of two lines, statement by statement.
const ORDER: &str = include_str!("checkout/order.sql");

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each load lasts.
    pub load: Duration,
}

/// What one round measured of a number of clients.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    /// Of bare SQL, each a second.
    bare: f64,
    /// Placed, the payment waiting for its buyer.
    placed: f64,
    /// Placed, paid and its stock taken.
    paid: f64,
    /// Of an order that is placed.
    cpu: Cpu,
}

/// Runs the services of the folder `binaries` on a PostgreSQL and an emulator of their own, prints a table and fills a
/// report.
///
/// # Errors
/// Something does not start, or an answer is not as it should be.
pub async fn bench(binaries: &Path, amount: Amount) -> Result<Report> {
    let server = Server::start("checkout").await?;
    let settings = emulator::Settings {
        folder: server.folder.join("emulator"),
        log: server.folder.join("emulator.log"),
        port: Port::any()?,
        persistent: false,
    };
    let mut emulator = Emulator::start(&Checkout::find()?, settings).await?;
    let outcome = with_servers(&server, &mut emulator, binaries, amount).await;
    emulator.stop().await;
    server.stop().await?;
    outcome
}

async fn with_servers(
    server: &Server,
    emulator: &mut Emulator,
    binaries: &Path,
    amount: Amount,
) -> Result<Report> {
    let url = |database: &str| server.cluster.url(database);
    let pgbench = PgBench::prepare(&server.binaries, url, SCHEMA).await?;
    // The log of each request is no part of what is compared.
    let mut options = Options::from_env()?.set("LOG_LEVEL", "warn");
    options.superuser_url = url("postgres");
    options.aws_endpoint = emulator.url();
    options.binaries = binaries.to_path_buf();
    let mut stack = Box::pin(Stack::prepare(options)).await?;
    stack.start_service(Service::Product).await?;
    stack.start_service(Service::Order).await?;
    let outcome = measure(&stack, emulator, &pgbench, amount).await;
    // The services end with a last look at their queues.
    emulator.resume();
    stack.stop().await?;
    outcome
}

async fn measure(
    stack: &Stack,
    emulator: &mut Emulator,
    pgbench: &PgBench,
    amount: Amount,
) -> Result<Report> {
    let buyers = Buyers::of(stack).await?;
    let mut rounds = Vec::new();
    emulator.pause();
    for number in 1..=amount.rounds {
        let mut round = [Rates::default(); 2];
        for (rates, people) in round.iter_mut().zip([FEW, MANY]) {
            rates.bare = pgbench.per_second(ORDER, people, amount.load).await?;
            let before = Cpu::now(0)?;
            let placed = buyers.rate(Payment::Waits, people, amount.load).await?;
            rates.cpu = Cpu::now(0)?.since(before).per(f64::from(placed.done));
            rates.placed = placed.per_second;
            rates.paid = buyers.rate(Payment::Succeeds, people, amount.load).await?.per_second;
        }
        rounds.push(round);
        println!("round {number} of {} is done", amount.rounds);
    }
    buyers.compare(pgbench, stack).await?;
    print(&rounds);
    Ok(report(&rounds))
}

fn report(rounds: &[[Rates; 2]]) -> Report {
    let ratios = |pick: fn(&[Rates; 2]) -> f64| -> Vec<f64> { rounds.iter().map(pick).collect() };
    let mut report = Report::default();
    report.ratio("checkout_vs_pg", ratios(|[_, many]| many.placed / many.bare));
    report.ratio(format!("checkout_vs_pg_at_{FEW}"), ratios(|[few, _]| few.placed / few.bare));
    report.ratio("checkout_paid_vs_pg", ratios(|[_, many]| many.paid / many.bare));
    report.ratio(format!("checkout_paid_vs_pg_at_{FEW}"), ratios(|[few, _]| few.paid / few.bare));
    for round in rounds {
        let [few, many] = round.map(|rates| {
            json!({
                "bare_orders_per_second": rates.bare, "placed_per_second": rates.placed,
                "paid_per_second": rates.paid, "cpu_microseconds_per_placed_order": rates.cpu.to_json(),
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
        row("  orders of bare SQL by pgbench", |rates| rates.bare);
        row("  placed", |rates| rates.placed);
        row("    ÷ pgbench", |rates| rates.placed / rates.bare);
        row("  placed and paid", |rates| rates.paid);
        row("    ÷ pgbench", |rates| rates.paid / rates.bare);
        println!("  µs of CPU for an order that is placed");
        row("    order service", |rates| rates.cpu.order * 1e6);
        row("    product service", |rates| rates.cpu.product * 1e6);
        row("    PostgreSQL", |rates| rates.cpu.database * 1e6);
        row("    who buys", |rates| rates.cpu.client * 1e6);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_many() {
        let rates = |bare, placed, paid| Rates { bare, placed, paid, cpu: Cpu::default() };
        let folder = tempfile::tempdir().unwrap();
        let round = [rates(1000.0, 100.0, 50.0), rates(2000.0, 500.0, 250.0)];
        report(&[round]).write(folder.path(), "checkout", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("checkout.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["checkout_vs_pg"]["median"], 0.25);
        assert_eq!(written["ratios"]["checkout_paid_vs_pg_at_8"]["median"], 0.05);
        assert_eq!(written["raw"][0]["at_32"]["placed_per_second"], 500.0);
    }
}
