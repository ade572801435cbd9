//! Searches.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use localstack::Service;
use serde_json::json;

use super::load::{Load, Measured, NextPath};
use super::shops::{Shops, emulator};
use super::{Amount, CLIENTS, MANY, print};
use crate::report::Report;

/// Words there are.
const WORDS: u32 = 5_000;
/// The best 20 by rank that have both words, and those that have one.
const TWO: &str = "\\set a random_exponential(1, 5000, 3)
\\set b random_exponential(1, 5000, 3)
SELECT id, name, price_minor FROM product, to_tsquery('simple', 'w' || :a::text || '&w' || :b::text) q
 WHERE words @@ q ORDER BY ts_rank(words, q) DESC, id LIMIT 20;
";
const ONE: &str = "\\set a random_exponential(1, 5000, 3)
SELECT id, name, price_minor FROM product, to_tsquery('simple', 'w' || :a::text) q
 WHERE words @@ q ORDER BY ts_rank(words, q) DESC, id LIMIT 20;
";

/// What one round measured.
#[derive(Default)]
struct Round {
    /// Of the bare table, each a second.
    pg_two: f64,
    pg_one: f64,
    two: Measured,
    one: Measured,
    two_facets: Measured,
    one_facets: Measured,
}

pub async fn measure(shops: &Shops, amount: Amount) -> Result<Report> {
    let stack = shops.stacks.last().context("there is no shop")?;
    let (base, port) = (stack.url(Service::Product), emulator(stack)?);
    let mut rounds = Vec::new();
    for number in 1..=amount.rounds {
        let run = async |next: NextPath| {
            Load { base: base.clone(), token: None, next }.run(number as u64, port, amount.load).await
        };
        rounds.push(Round {
            pg_two: shops.bare.per_second(TWO, CLIENTS, amount.load).await?,
            two: run(two("")).await?,
            two_facets: run(two("&facets=true")).await?,
            pg_one: shops.bare.per_second(ONE, CLIENTS, amount.load).await?,
            one: run(one("")).await?,
            one_facets: run(one("&facets=true")).await?,
        });
        println!("round {number} of {} is done", amount.rounds);
    }
    show(&rounds);
    Ok(report(&rounds))
}

fn two(more: &'static str) -> NextPath {
    Arc::new(move |dice| format!("/products?limit=20&q=w{}+w{}{more}", dice.word(WORDS), dice.word(WORDS)))
}

fn one(more: &'static str) -> NextPath {
    Arc::new(move |dice| format!("/products?limit=20&q=w{}{more}", dice.word(WORDS)))
}

/// A figure of a round.
type Figure = fn(&Round) -> f64;

const RATIOS: [(&str, Figure); 4] = [
    ("search_vs_pg", |round| round.two.per_second / round.pg_two),
    ("search_facets_vs_pg", |round| round.two_facets.per_second / round.pg_two),
    ("search_one_word_vs_pg", |round| round.one.per_second / round.pg_one),
    ("search_one_word_facets_vs_pg", |round| round.one_facets.per_second / round.pg_one),
];

fn report(rounds: &[Round]) -> Report {
    let mut report = Report::default();
    for (name, ratio) in RATIOS {
        report.ratio(name, rounds.iter().map(ratio).collect());
    }
    for round in rounds {
        report.raw(json!({
            "clients": CLIENTS,
            "cache": "none: a search is never kept, and the words differ from request to request",
            "pg_two_words_per_second": round.pg_two,
            "pg_one_word_per_second": round.pg_one,
            "two_words": round.two.to_json(),
            "two_words_facets": round.two_facets.to_json(),
            "one_word": round.one.to_json(),
            "one_word_facets": round.one_facets.to_json(),
        }));
    }
    report
}

fn show(rounds: &[Round]) {
    let row = |what: &str, pick: Figure| {
        print(what, &rounds.iter().map(pick).collect::<Vec<f64>>());
    };
    println!("\n{CLIENTS} clients, {MANY} products, the best 20");
    row("two words by pgbench, a second", |round| round.pg_two);
    row("two words, a second", |round| round.two.per_second);
    row("  CPU µs: service", |round| round.two.cpu.product * 1e6);
    row("  CPU µs: PostgreSQL", |round| round.two.cpu.database * 1e6);
    row("  CPU µs: client", |round| round.two.cpu.client * 1e6);
    row("two words with facets, a second", |round| round.two_facets.per_second);
    row("one word by pgbench, a second", |round| round.pg_one);
    row("one word, a second", |round| round.one.per_second);
    row("  CPU µs: service", |round| round.one.cpu.product * 1e6);
    row("  CPU µs: PostgreSQL", |round| round.one.cpu.database * 1e6);
    row("one word with facets, a second", |round| round.one_facets.per_second);
    for (name, ratio) in RATIOS {
        row(name, ratio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::dice::Dice;

    #[test]
    fn each_search_is_compared_with_as_many_words() {
        let rate = |per_second| Measured { per_second, ..Measured::default() };
        let round =
            Round { pg_two: 4_000.0, two: rate(2_000.0), pg_one: 100.0, one: rate(80.0), ..Round::default() };
        let folder = tempfile::tempdir().unwrap();
        report(&[round]).write(folder.path(), "search", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("search.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["search_vs_pg"]["median"], 0.5);
        assert_eq!(written["ratios"]["search_one_word_vs_pg"]["median"], 0.8);
    }

    #[test]
    fn words_differ_from_request_to_request() {
        let (next, mut dice) = (two("&facets=true"), Dice::new(7));
        let (first, second) = (next(&mut dice), next(&mut dice));
        assert!(first != second && first.ends_with("&facets=true"), "{first} {second}");
    }
}
