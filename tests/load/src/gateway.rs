//! The gateway beside other proxies: one core to each, the clients and what stands behind on the other, in turn. Requests a
//! second and CPU of each request; latency at a fixed rate; memory of many connections.

mod load;
mod peers;
mod programs;
mod tokens;
mod upstream;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cartwright_types::random;
use localstack::aws::Aws;
use localstack::databases::Databases;
use localstack::paths::Checkout;
use localstack::ports::Port;
use localstack::provision::{names, provision};
use localstack::services::{MAIL_FROM, Places, Setup};
use localstack::{Options, Service};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use serde_json::json;

use crate::report::{Report, spread};
use load::{Done, Length, Requests, closed, hold, open_loop};
use peers::{CORE, Peer, Running, Setting};
use programs::Programs;
use tokens::{AUDIENCE, ISSUER, Keys};

/// The core of the clients and the upstream.
const CLIENTS: usize = 0;
/// Clients, each with a request at a time.
const CONNECTIONS: usize = 64;
/// Users, each with a token.
const USERS: usize = 1000;
/// Connections whose memory is measured beside that of [`CONNECTIONS`].
const MANY: usize = 10_000;
/// Files that many connections need on either side.
const FILES: u64 = 16_384;
/// Requests a second of the open loop: far from what any of the three can do.
const RATE: u32 = 4_000;
/// What only a signed-in user may read, and nobody keeps.
const PRIVATE: &str = "/users/me";
/// What everybody may read and keep for a moment.
const PUBLIC: &str = "/products/0190f3c0-0000-7000-8000-000000000042";

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount<'a> {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// How long each load lasts.
    pub load: Duration,
    /// Tokens that nobody has seen, for the rows where every token is new.
    pub new_tokens: usize,
    /// Only rows with this in their name, and no latency or memory; empty: everything.
    pub only: &'a str,
}

/// What is asked of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// [`PRIVATE`], with the tokens of [`USERS`].
    Private,
    /// [`PRIVATE`], each time with another token.
    NewTokens,
    /// [`PUBLIC`], without a token.
    Public,
}

/// Its name, who answers (the upstream itself if nobody), and what they are asked.
type Row = (&'static str, Option<Peer>, Asked);

const ROWS: [Row; 11] = [
    ("upstream, direct", None, Asked::Private),
    ("nginx, plain", Some(Peer::Nginx), Asked::Private),
    ("HAProxy, plain", Some(Peer::Haproxy), Asked::Private),
    ("nginx, limit and headers", Some(Peer::NginxLimit), Asked::Private),
    ("Envoy, tokens cached", Some(Peer::EnvoyCached), Asked::Private),
    ("gateway", Some(Peer::Ours), Asked::Private),
    ("gateway, logging", Some(Peer::OursLogging), Asked::Private),
    ("Envoy, new tokens", Some(Peer::EnvoyUncached), Asked::NewTokens),
    ("gateway, new tokens", Some(Peer::Ours), Asked::NewTokens),
    ("nginx, public and kept", Some(Peer::NginxCache), Asked::Public),
    ("gateway, public and kept", Some(Peer::Ours), Asked::Public),
];

/// Ratios: their name, the row above and the row below the line.
const RATIOS: [(&str, &str, &str); 9] = [
    ("full_vs_nginx_plain", "gateway", "nginx, plain"),
    ("full_vs_nginx_limit", "gateway", "nginx, limit and headers"),
    ("full_vs_envoy_cached", "gateway", "Envoy, tokens cached"),
    ("full_vs_haproxy_plain", "gateway", "HAProxy, plain"),
    ("logging_vs_nginx_plain", "gateway, logging", "nginx, plain"),
    ("new_tokens_vs_envoy_uncached", "gateway, new tokens", "Envoy, new tokens"),
    ("micro_cache_vs_nginx_plain", "gateway, public and kept", "nginx, plain"),
    ("micro_cache_vs_nginx_cache", "gateway, public and kept", "nginx, public and kept"),
    ("direct_vs_nginx_plain", "upstream, direct", "nginx, plain"),
];

/// Measures the gateway of the folder `binaries`, prints tables and fills a report. The emulator is that of
/// [`Options::from_env`].
///
/// # Errors
/// A peer cannot be had, does not start or does not answer with 200.
pub async fn bench(binaries: &Path, amount: Amount<'_>) -> Result<Report> {
    let checkout = Checkout::find()?;
    prepare_machine()?;
    let programs = Programs::find_or_install(&checkout).await?;
    let folder = checkout.work().join(format!("bench-gateway-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let outcome = Box::pin(measure(binaries, amount, programs, &folder)).await;
    if outcome.is_ok() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    outcome
}

/// This thread, which has all clients, to its core; and as many open files as there may be, for the peers too.
fn prepare_machine() -> Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores > CORE, "two cores are needed: one for the proxy, one for the clients; here is {cores}");
    let mut set = CpuSet::new();
    set.set(CLIENTS)?;
    sched_setaffinity(Pid::from_raw(0), &set).context("moving to a core")?;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    ensure!(hard >= FILES, "{FILES} open files are needed, allowed are {hard}: ulimit -Hn");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(())
}

async fn measure(binaries: &Path, amount: Amount<'_>, programs: Programs, folder: &Path) -> Result<Report> {
    let (port, upstream) = (Port::any()?, Port::any()?);
    let keys = Keys::new()?;
    upstream::start(upstream.number(), &keys.set()).await?;
    let setting = Setting {
        programs,
        folder: folder.to_path_buf(),
        port: port.number(),
        upstream: upstream.number(),
        keys: keys.set(),
        ours: (binaries.join("api-gateway"), Box::pin(environment(port.number(), upstream.number())).await?),
    };
    println!("signing {} tokens", USERS + amount.new_tokens);
    let known = Requests::with(PRIVATE, &keys.es256(USERS)?);
    let new = Requests::with(PRIVATE, &keys.rs256(amount.new_tokens)?);
    let public = Requests::with(PUBLIC, &[]);
    let rows: Vec<&Row> = ROWS.iter().filter(|(name, ..)| name.contains(amount.only)).collect();
    let mut done: BTreeMap<&str, Vec<Done>> = BTreeMap::new();
    for round in 1..=amount.rounds {
        for (name, peer, asked) in &rows {
            let (requests, length) = match asked {
                Asked::Private => (&known, Length::For(amount.load)),
                Asked::NewTokens => (&new, Length::EachOnce),
                Asked::Public => (&public, Length::For(amount.load)),
            };
            let load = match peer {
                None => {
                    let base = format!("http://127.0.0.1:{}", setting.upstream);
                    closed(&base, CONNECTIONS, requests, length, || Ok(0.0)).await
                }
                Some(peer) => {
                    let running = setting.start(*peer).await?;
                    let load = closed(running.base(), CONNECTIONS, requests, length, || running.cpu()).await;
                    running.stop().await;
                    load
                }
            };
            done.entry(name).or_default().push(load.with_context(|| (*name).to_owned())?);
        }
        println!("round {round} of {} is done", amount.rounds);
    }
    print(&rows, &done);
    let mut report = report(&done);
    if amount.only.is_empty() {
        latency(&setting, &known, amount, &mut report).await?;
        memory(&setting, &known, &mut report).await?;
    }
    Ok(report)
}

/// Of a gateway alone: every service is the upstream, AWS the emulator.
async fn environment(port: u16, upstream: u16) -> Result<BTreeMap<String, String>> {
    let options = Options::from_env()?;
    let names = names(&format!("t{:08x}", u32::from_le_bytes(random::bytes())));
    provision(&Aws::at(&options.aws_endpoint).await, &names, MAIL_FROM).await?;
    let ports = Service::ALL.map(|service| match service {
        Service::ApiGateway => (service, port),
        _ => (service, upstream),
    });
    let admin_port = Port::any()?;
    let places = Places {
        aws_endpoint: options.aws_endpoint,
        redis_url: None,
        databases: Databases::named(&options.superuser_url, "")?,
        names,
        ports: ports.into(),
        admin_ports: BTreeMap::from([(Service::ApiGateway, admin_port.number())]),
    };
    let overrides = [
        // What is done for developers only is not measured.
        ("APP_ENV", "production"),
        ("LAME_DUCK_SECONDS", "0"),
        ("JWT_ISSUER", ISSUER),
        ("JWT_AUDIENCE", AUDIENCE),
        // All of it is counted, and nobody has had enough.
        ("RATE_LIMIT_SCALE", "1000000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let setup = Setup { places, app_env: "test", log_level: "warn".to_owned(), overrides: overrides.into() };
    Ok(setup.environment(Service::ApiGateway))
}

async fn latency(setting: &Setting, known: &Requests, amount: Amount<'_>, report: &mut Report) -> Result<()> {
    println!("\n{RATE} requests a second, whatever comes (open loop), milliseconds");
    println!("{:<26} {:>24} {:>24} {:>24}", "", "median", "99 %", "99.9 %");
    let peers = [Peer::Nginx, Peer::EnvoyCached, Peer::Ours];
    let mut took: BTreeMap<Peer, Vec<[f64; 3]>> = BTreeMap::new();
    for _ in 0..amount.rounds {
        for peer in peers {
            let running = setting.start(peer).await?;
            // Whoever has to get warm, and tokens that have to be seen once.
            let warm = Length::For(Duration::from_millis(500));
            closed(running.base(), CONNECTIONS, known, warm, || Ok(0.0)).await?;
            let sorted = open_loop(running.base(), CONNECTIONS, known, RATE, amount.load).await?;
            running.stop().await;
            took.entry(peer).or_default().push([500, 990, 999].map(|part| quantile(&sorted, part)));
        }
    }
    for (peer, rounds) in took {
        let cell = |at: usize| {
            let values: Vec<f64> = rounds.iter().map(|round| round[at]).collect();
            let (median, least, most) = spread(&values);
            format!("{median:.2} ({least:.2}-{most:.2})")
        };
        println!("{:<26} {:>24} {:>24} {:>24}", format!("{peer:?}"), cell(0), cell(1), cell(2));
        report.raw(json!({
            "open_loop": format!("{peer:?}"), "requests_per_second": RATE, "milliseconds_p50_p99_p999": rounds,
        }));
    }
    Ok(())
}

/// Milliseconds that so many of a thousand took at most.
fn quantile(sorted: &[u64], of_thousand: usize) -> f64 {
    let at = (sorted.len() * of_thousand / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(f64::NAN, |micros| Duration::from_micros(*micros).as_secs_f64() * 1e3)
}

async fn memory(setting: &Setting, known: &Requests, report: &mut Report) -> Result<()> {
    println!("\nmemory, MiB\n{:<26} {:>14} {:>14}", "connections", CONNECTIONS, MANY);
    let mut held = BTreeMap::new();
    for peer in [Peer::Nginx, Peer::EnvoyCached, Peer::Ours] {
        let running = setting.start(peer).await?;
        let at_work = Length::For(Duration::from_secs(2));
        closed(running.base(), CONNECTIONS, known, at_work, || Ok(0.0)).await?;
        let few = with_connections(&running, CONNECTIONS, known).await?;
        let many = with_connections(&running, MANY, known).await?;
        running.stop().await;
        println!("{:<26} {few:>14.1} {many:>14.1}", format!("{peer:?}"));
        report.raw(
            json!({ "memory_mib": format!("{peer:?}"), "connections_64": few, "connections_10000": many }),
        );
        held.insert(peer, (few, many));
    }
    let (ours, envoy) = (held[&Peer::Ours], held[&Peer::EnvoyCached]);
    for (name, ratio) in
        [("memory_64_vs_envoy", ours.0 / envoy.0), ("memory_10000_vs_envoy", ours.1 / envoy.1)]
    {
        println!("{name:<40} {ratio:.2}");
        report.ratio(name, vec![ratio]);
    }
    Ok(())
}

async fn with_connections(running: &Running, connections: usize, requests: &Requests) -> Result<f64> {
    hold(running.base(), connections, requests, async || running.memory()).await
}

fn per_second(done: &Done) -> f64 {
    count(done.requests) / done.seconds
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
const fn count(requests: usize) -> f64 {
    requests as f64
}

fn print(rows: &[&Row], done: &BTreeMap<&str, Vec<Done>>) {
    let plain = done.get("nginx, plain").map(|rounds| rates(rounds));
    println!("\n{CONNECTIONS} connections, one core");
    println!("{:<26} {:>26} {:>14} {:>22}", "", "requests/s", "CPU µs each", "÷ nginx, plain");
    for (name, ..) in rows {
        let Some(rounds) = done.get(name) else { continue };
        let rates = rates(rounds);
        let (median, least, most) = spread(&rates);
        let cpu: Vec<f64> = rounds.iter().map(|done| done.cpu * 1e6 / count(done.requests)).collect();
        let ratio = plain.as_ref().map_or_else(String::new, |plain| {
            let (median, least, most) = spread(&over(&rates, plain));
            format!("{median:.2} ({least:.2}-{most:.2})")
        });
        let rate = format!("{median:.0} ({least:.0}-{most:.0})");
        println!("{name:<26} {rate:>26} {:>14.1} {ratio:>22}", spread(&cpu).0);
    }
}

fn rates(rounds: &[Done]) -> Vec<f64> {
    rounds.iter().map(per_second).collect()
}

fn over(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

fn report(done: &BTreeMap<&str, Vec<Done>>) -> Report {
    let mut report = Report::default();
    for (name, above, below) in RATIOS {
        if let (Some(above), Some(below)) = (done.get(above), done.get(below)) {
            report.ratio(name, over(&rates(above), &rates(below)));
        }
    }
    for (name, rounds) in done {
        let cpu: Vec<f64> = rounds.iter().map(|done| done.cpu * 1e6 / count(done.requests)).collect();
        report.raw(json!({
            "row": name, "requests_per_second": rates(rounds), "cpu_microseconds_per_request": cpu, "connections": CONNECTIONS,
        }));
    }
    println!();
    for (name, above, below) in RATIOS {
        if let (Some(above), Some(below)) = (done.get(above), done.get(below)) {
            let (median, least, most) = spread(&over(&rates(above), &rates(below)));
            println!("{name:<40} {median:.2} ({least:.2}-{most:.2})");
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ratio_is_of_rows_that_there_are() {
        for (name, above, below) in RATIOS {
            for row in [above, below] {
                assert!(ROWS.iter().any(|(known, ..)| *known == row), "{name}: {row}");
            }
        }
    }

    #[test]
    fn a_quantile_is_one_that_was_measured() {
        let sorted: Vec<u64> = (1..=1000).map(|millis| millis * 1000).collect();
        assert!((quantile(&sorted, 500) - 501.0).abs() < 1e-9);
        assert!((quantile(&sorted, 999) - 1000.0).abs() < 1e-9);
        assert!(quantile(&[], 500).is_nan());
    }
}
