//! How many sign-ins a second a shop does, beside what its cores can hash; whether an unknown address takes as long as a
//! wrong password; and what reads feel of it.
//!
//! Everything shares the machine's cores: the services, the emulator that counts attempts, and who measures.

mod client;
mod limit;
mod statistics;

use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context as _, Result};
use localstack::{Options, Stack};
use serde_json::json;

use crate::cpu::Cpu;
use crate::report::{Report, spread};
use client::{Account, Client};
use statistics::{milliseconds, quantile};

/// People who sign in at once.
const FEW: usize = 8;
/// And many of them.
const MANY: usize = 32;
/// How long the bare hash is measured, each time.
const LIMIT: Duration = Duration::from_secs(3);
/// Reads a second: few enough that they are not what is measured.
const READS: u32 = 100;
/// Pairs of tries that one ratio is of.
const BLOCK: usize = 100;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each load lasts.
    pub load: Duration,
    /// Refused sign-ins, half of them with an unknown address, half with a wrong password.
    pub tries: usize,
}

/// What one round measured.
struct Round {
    /// Hashes a second of all cores: the means of what was measured before and after each load.
    limits: [f64; 2],
    /// Sign-ins a second, of few and of many.
    rates: [f64; 2],
    /// Tries that the rate limit refused, of few and of many.
    refused: [u32; 2],
    /// CPU for a sign-in, of few and of many.
    cpu: [Cpu; 2],
    /// Milliseconds of 99 of 100 reads: alone, and beside sign-ins.
    reads: [f64; 2],
}

/// Runs the services of the folder `binaries`, prints a table and fills a report. PostgreSQL and the emulator are those of
/// [`Options::from_env`].
///
/// # Errors
/// The services do not start, or an answer is not as it should be.
pub async fn bench(binaries: &Path, amount: Amount) -> Result<Report> {
    let mut options = Options::from_env()?
        .set("RATE_LIMIT_SCALE", "100000")
        // Whose address is proven does not matter here; the mails of so many would be part of what is measured.
        .set("REQUIRE_VERIFIED_EMAIL", "false");
    options.binaries = binaries.to_path_buf();
    let stack = Box::pin(Stack::start(options)).await?;
    let outcome = measure(&stack, amount).await;
    stack.stop().await?;
    outcome
}

async fn measure(stack: &Stack, amount: Amount) -> Result<Report> {
    let client = Client::new(&stack.base_url())?;
    let emulator = stack.aws().endpoint.rsplit(':').next().and_then(|port| port.parse().ok());
    let emulator = emulator.context("the emulator's address has no port")?;
    let accounts = client.register(MANY).await?;
    let product = client.some_product().await?;
    let mut rounds = Vec::new();
    for number in 1..=amount.rounds {
        rounds.push(round(&client, &accounts, &product, emulator, amount.load).await?);
        println!("round {number} of {} is done", amount.rounds);
    }
    let tries = client.unknown_and_wrong(&accounts, amount.tries / 2).await?;
    let report = report(&rounds, &tries);
    print(&rounds, &tries);
    Ok(report)
}

async fn round(
    client: &Client,
    accounts: &[Account],
    product: &str,
    emulator: u16,
    load: Duration,
) -> Result<Round> {
    let mut limit = limit::hashes_per_second(LIMIT).await?;
    let mut round = Round {
        limits: [0.0; 2],
        rates: [0.0; 2],
        refused: [0; 2],
        cpu: [Cpu::default(); 2],
        reads: [0.0; 2],
    };
    for (at, people) in [FEW, MANY].into_iter().enumerate() {
        let before = Cpu::now(emulator)?;
        let done = client.sign_in(&accounts[..people], load).await?;
        round.cpu[at] = Cpu::now(emulator)?.since(before).per(done.all);
        round.rates[at] = done.per_second;
        round.refused[at] = done.refused;
        let after = limit::hashes_per_second(LIMIT).await?;
        round.limits[at] = f64::midpoint(limit, after);
        limit = after;
    }
    round.reads[0] = quantile(&client.read(product, READS, load).await?, 0.99);
    let (beside, _) =
        tokio::try_join!(client.read(product, READS, load), client.sign_in(&accounts[..FEW], load))?;
    round.reads[1] = quantile(&beside, 0.99);
    Ok(round)
}

/// Milliseconds of each try, in pairs.
pub(crate) struct Tries {
    unknown: Vec<f64>,
    wrong: Vec<f64>,
}

impl Round {
    /// Sign-ins beside what the cores can hash.
    fn ratio(&self, at: usize) -> f64 {
        self.rates[at] / self.limits[at]
    }

    /// Sign-ins beside what the emulator leaves of that: on AWS it is somewhere else.
    fn ratio_beside_emulator(&self, at: usize) -> f64 {
        let cores = available_parallelism().map_or(1, usize::from);
        let cores = f64::from(u32::try_from(cores).unwrap_or(u32::MAX));
        self.ratio(at) / (1.0 - self.cpu[at].emulator * self.rates[at] / cores)
    }
}

impl Tries {
    /// The ratio of the medians.
    fn ratio(&self) -> f64 {
        quantile(&self.unknown, 0.5) / quantile(&self.wrong, 0.5)
    }

    /// The same of each block of pairs.
    fn ratios(&self) -> Vec<f64> {
        let blocks = self.unknown.chunks(BLOCK).zip(self.wrong.chunks(BLOCK));
        blocks.map(|(unknown, wrong)| quantile(unknown, 0.5) / quantile(wrong, 0.5)).collect()
    }
}

fn report(rounds: &[Round], tries: &Tries) -> Report {
    let of = |ratio: fn(&Round, usize) -> f64, at| rounds.iter().map(|round| ratio(round, at)).collect();
    let worse = |ratio: fn(&Round, usize) -> f64| {
        rounds.iter().map(|round| ratio(round, 0).min(ratio(round, 1))).collect()
    };
    let mut report = Report::default();
    report.ratio("sign_in_vs_argon2", worse(Round::ratio));
    report.ratio(format!("sign_in_vs_argon2_at_{FEW}"), of(Round::ratio, 0));
    report.ratio(format!("sign_in_vs_argon2_at_{MANY}"), of(Round::ratio, 1));
    report.ratio("sign_in_vs_argon2_beside_emulator", worse(Round::ratio_beside_emulator));
    report.ratio("unknown_vs_wrong_password", tries.ratios());
    report.ratio(
        "reads_p99_during_vs_alone",
        rounds.iter().map(|round| round.reads[1] / round.reads[0]).collect(),
    );
    for round in rounds {
        report.raw(json!({
            "argon2_per_second": round.limits,
            "sign_ins_per_second": { "at_8": round.rates[0], "at_32": round.rates[1] },
            "rate_limited": { "at_8": round.refused[0], "at_32": round.refused[1] },
            "cpu_microseconds_per_sign_in": { "at_8": round.cpu[0].to_json(), "at_32": round.cpu[1].to_json() },
            "reads_p99_ms": { "alone": round.reads[0], "during_sign_ins": round.reads[1] },
        }));
    }
    report.raw(json!({
        "tries": tries.unknown.len() + tries.wrong.len(),
        "unknown_vs_wrong_password_of_all": tries.ratio(),
        "unknown_address_ms": milliseconds(&tries.unknown),
        "wrong_password_ms": milliseconds(&tries.wrong),
    }));
    report
}

fn print(rounds: &[Round], tries: &Tries) {
    let row = |what: &str, values: Vec<f64>| {
        let (median, least, most) = spread(&values);
        println!("{what:<44} {median:>9.2} ({least:.2}-{most:.2})");
    };
    let of = |pick: fn(&Round) -> f64| -> Vec<f64> { rounds.iter().map(pick).collect() };
    println!();
    row("Argon2id a second, all cores", of(|round| round.limits[0]));
    row("sign-ins a second at 8", of(|round| round.rates[0]));
    row("  ÷ Argon2id", of(|round| round.ratio(0)));
    row("  ÷ what the emulator leaves of it", of(|round| round.ratio_beside_emulator(0)));
    row("sign-ins a second at 32", of(|round| round.rates[1]));
    row("  ÷ Argon2id", of(|round| round.ratio(1)));
    row("  ÷ what the emulator leaves of it", of(|round| round.ratio_beside_emulator(1)));
    row("CPU ms a sign-in at 8, user service", of(|round| round.cpu[0].user * 1e3));
    row("CPU ms a sign-in at 8, gateway", of(|round| round.cpu[0].gateway * 1e3));
    row("CPU ms a sign-in at 8, client", of(|round| round.cpu[0].client * 1e3));
    row("CPU ms a sign-in at 8, PostgreSQL", of(|round| round.cpu[0].database * 1e3));
    row("CPU ms a sign-in at 8, emulator", of(|round| round.cpu[0].emulator * 1e3));
    row("CPU ms a sign-in at 8, whole machine", of(|round| round.cpu[0].machine * 1e3));
    row("reads, p99 ms, alone", of(|round| round.reads[0]));
    row("reads, p99 ms, beside sign-ins at 8", of(|round| round.reads[1]));
    row("tries that the rate limit refused", of(|round| f64::from(round.refused[0] + round.refused[1])));
    row("unknown address, median ms", vec![quantile(&tries.unknown, 0.5)]);
    row("wrong password, median ms", vec![quantile(&tries.wrong, 0.5)]);
    row("  unknown ÷ wrong", tries.ratios());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_compared_over_all_tries_and_over_blocks() {
        let wrong = vec![10.0; BLOCK * 2];
        let mut unknown = vec![10.0; BLOCK * 2];
        unknown[BLOCK..].fill(12.0);
        let tries = Tries { unknown, wrong };
        assert_eq!(tries.ratios(), [1.0, 1.2]);
        assert!((1.0..=1.2).contains(&tries.ratio()));
    }

    #[test]
    fn the_ratio_is_that_of_the_worse_load() {
        let round = Round {
            limits: [100.0, 100.0],
            rates: [90.0, 80.0],
            refused: [0, 0],
            cpu: [Cpu::default(); 2],
            reads: [1.0, 3.0],
        };
        let tries = Tries { unknown: vec![1.0], wrong: vec![1.0] };
        let folder = tempfile::tempdir().unwrap();
        report(&[round], &tries).write(folder.path(), "sign-in", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("sign-in.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["sign_in_vs_argon2"]["median"], 0.8);
        assert_eq!(written["ratios"]["reads_p99_during_vs_alone"]["median"], 3.0);
        assert_eq!(written["ratios"]["unknown_vs_wrong_password"]["median"], 1.0);
        assert_eq!(written["raw"][0]["reads_p99_ms"]["alone"], 1.0);
    }
}
