//! Products by id, pages of 20, and growth.

use std::sync::Arc;

use anyhow::Result;
use localstack::{Service, Stack};
use serde_json::json;

use super::load::{Load, Measured, NextPath};
use super::shops::{Shops, emulator};
use super::{Amount, CLIENTS, FEW, MANY, print};
use crate::report::Report;
use crate::signer::{signer, staff};

/// A product by its key, and a page of 20 from any place in the order of the key.
const BY_ID: &str = "\\set id random(1, 100000)
SELECT id, sku, name, description, price_minor, currency, category_id, version FROM product WHERE id = :id;
";
const LIST: &str = "\\set id random(1, 99980)
SELECT id, sku, name, description, price_minor, currency FROM product WHERE id > :id ORDER BY id LIMIT 20;
";

/// What one round measured.
struct Round {
    /// Of the bare tables, each a second.
    pg_by_id: f64,
    pg_list: f64,
    by_id: Measured,
    by_id_gateway: Measured,
    list: Measured,
    list_gateway: Measured,
    /// By id, list, search; of the small shop, then of the large one.
    grown: [[Measured; 2]; 3],
}

pub async fn measure(shops: &Shops, amount: Amount) -> Result<Report> {
    let [small, large] = shops.stacks.as_slice() else { anyhow::bail!("there are not two shops") };
    let mut rounds = Vec::new();
    for number in 1..=amount.rounds {
        rounds.push(round(shops, [small, large], number as u64, amount).await?);
        println!("round {number} of {} is done", amount.rounds);
    }
    show(&rounds);
    Ok(report(&rounds))
}

async fn round(shops: &Shops, [small, large]: [&Stack; 2], seed: u64, amount: Amount) -> Result<Round> {
    let port = emulator(large)?;
    let run = async |base: String, next: NextPath| {
        Load { base, token: None, next }.run(seed, port, amount.load).await
    };
    let (service, gateway) = (large.url(Service::Product), large.base_url());
    let pg_by_id = shops.bare.per_second(BY_ID, CLIENTS, amount.load).await?;
    let by_id = run(service.clone(), product(MANY)).await?;
    let by_id_gateway = run(gateway.clone(), product(MANY)).await?;
    let pg_list = shops.bare.per_second(LIST, CLIENTS, amount.load).await?;
    let list = run(service, page()).await?;
    let list_gateway = run(gateway, page()).await?;
    let mut grown = [[Measured::default(); 2]; 3];
    // As staff, whose answers are never those of a moment ago: a small shop's would be.
    for (at, (stack, size)) in [(small, FEW), (large, MANY)].into_iter().enumerate() {
        let token = signer(stack, "product").await?.token(&staff());
        let paths = [product(size), page(), name(shops, size)];
        for (read, next) in paths.into_iter().enumerate() {
            let load = Load { base: stack.url(Service::Product), token: Some(token.clone()), next };
            grown[read][at] = load.run(seed, port, amount.load / 2).await?;
        }
    }
    Ok(Round { pg_by_id, pg_list, by_id, by_id_gateway, list, list_gateway, grown })
}

fn product(size: u32) -> NextPath {
    Arc::new(move |dice| format!("/products/01930000-0000-7000-8000-{:012x}", 1 + dice.below(size)))
}

/// From any place in the order of prices.
fn page() -> NextPath {
    Arc::new(|dice| format!("/products?sort=price&limit=20&min_price={}", 100 + dice.below(1_000)))
}

/// A search for a product's whole name, which finds about one.
fn name(shops: &Shops, size: u32) -> NextPath {
    let names: Vec<String> =
        shops.names.iter().take(size as usize).map(|name| name.replace(' ', "+")).collect();
    Arc::new(move |dice| format!("/products?q={}", names[dice.below(size) as usize]))
}

fn report(rounds: &[Round]) -> Report {
    let of = |ratio: fn(&Round) -> f64| -> Vec<f64> { rounds.iter().map(ratio).collect() };
    let mut report = Report::default();
    for (name, ratio) in RATIOS {
        report.ratio(name, of(ratio));
    }
    for round in rounds {
        let [by_id, list, search] = round.grown.map(|sizes| {
            let [few, many] = sizes.map(Measured::to_json);
            json!({ "products_1000": few, "products_100000": many })
        });
        report.raw(json!({
            "clients": CLIENTS,
            "cache": "of 100,000 ids at most 2,000 are kept, for 2 seconds: about one read in fifty; growth is measured \
                      as staff, who get nothing from it; lists and searches are never kept; the gateway keeps nothing",
            "pg_by_id_per_second": round.pg_by_id,
            "pg_list_per_second": round.pg_list,
            "by_id": round.by_id.to_json(),
            "by_id_gateway": round.by_id_gateway.to_json(),
            "list_of_20": round.list.to_json(),
            "list_of_20_gateway": round.list_gateway.to_json(),
            "growth": { "by_id": by_id, "list_of_20": list, "search_of_a_name": search },
        }));
    }
    report
}

/// Time per request of the large shop, in that of the small one.
fn growth(round: &Round, read: usize) -> f64 {
    let [few, many] = round.grown[read];
    few.per_second / many.per_second
}

/// A figure of a round.
type Figure = fn(&Round) -> f64;

const RATIOS: [(&str, Figure); 7] = [
    ("by_id_service_vs_pg", |round| round.by_id.per_second / round.pg_by_id),
    ("by_id_gateway_vs_pg", |round| round.by_id_gateway.per_second / round.pg_by_id),
    ("list_service_vs_pg", |round| round.list.per_second / round.pg_list),
    ("list_gateway_vs_pg", |round| round.list_gateway.per_second / round.pg_list),
    ("growth_by_id", |round| growth(round, 0)),
    ("growth_list", |round| growth(round, 1)),
    ("growth_search", |round| growth(round, 2)),
];

fn show(rounds: &[Round]) {
    let row = |what: &str, pick: Figure| {
        print(what, &rounds.iter().map(pick).collect::<Vec<f64>>());
    };
    println!("\n{CLIENTS} clients, {MANY} products");
    row("a product by its key by pgbench, a second", |round| round.pg_by_id);
    row("a product by id, a second", |round| round.by_id.per_second);
    row("  CPU µs: service", |round| round.by_id.cpu.product * 1e6);
    row("  CPU µs: PostgreSQL", |round| round.by_id.cpu.database * 1e6);
    row("  CPU µs: client", |round| round.by_id.cpu.client * 1e6);
    row("the same through the gateway, a second", |round| round.by_id_gateway.per_second);
    row("  CPU µs: gateway", |round| round.by_id_gateway.cpu.gateway * 1e6);
    row("  CPU µs: service", |round| round.by_id_gateway.cpu.product * 1e6);
    row("a page of 20 by pgbench, a second", |round| round.pg_list);
    row("a page of 20, a second", |round| round.list.per_second);
    row("  CPU µs: service", |round| round.list.cpu.product * 1e6);
    row("  CPU µs: PostgreSQL", |round| round.list.cpu.database * 1e6);
    row("the same through the gateway, a second", |round| round.list_gateway.per_second);
    for (name, ratio) in RATIOS {
        row(name, ratio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_the_time_of_the_large_shop_in_that_of_the_small_one() {
        let rate = |per_second| Measured { per_second, ..Measured::default() };
        let round = Round {
            pg_by_id: 20_000.0,
            pg_list: 10_000.0,
            by_id: rate(10_000.0),
            by_id_gateway: rate(5_000.0),
            list: rate(2_000.0),
            list_gateway: rate(1_000.0),
            grown: [[rate(300.0), rate(200.0)]; 3],
        };
        let folder = tempfile::tempdir().unwrap();
        report(&[round]).write(folder.path(), "catalogue", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("catalogue.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["by_id_service_vs_pg"]["median"], 0.5);
        assert_eq!(written["ratios"]["by_id_gateway_vs_pg"]["median"], 0.25);
        assert_eq!(written["ratios"]["growth_search"]["median"], 1.5);
    }
}
