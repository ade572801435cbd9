//! `doctor`: what is there, what is missing, and what to do about it.

mod tools;

use std::time::Duration;

use anyhow::Result;
use localstack::paths::Checkout;
use localstack::{Service, emulator, ports};
use sqlx::{Connection as _, PgConnection};

use super::{addresses, dev};

/// What was found out about one thing.
pub enum Finding {
    /// In order; what was seen.
    Fine(String),
    /// Works without; what it would give.
    Note(String),
    /// Does not work; what to do.
    Broken(String),
}

/// Checks everything; 1 if something is broken.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    let mut findings = tools::all(checkout).await;
    let addresses = addresses::read(checkout);
    match (&addresses, dev::lock(checkout)?) {
        (Some(addresses), None) => findings.extend(running(addresses).await),
        _ => findings.extend(free_ports()),
    }
    let mut code = 0;
    for (what, finding) in findings {
        let (word, text) = match finding {
            Finding::Fine(text) => ("ok", text),
            Finding::Note(text) => ("note", text),
            Finding::Broken(text) => {
                code = 1;
                ("BROKEN", text)
            }
        };
        println!("  {word:<7} {what:<22} {text}");
    }
    Ok(code)
}

/// Of a stack that runs: the servers and services answer.
async fn running(addresses: &addresses::Addresses) -> Vec<(String, Finding)> {
    let mut findings = Vec::new();
    if let Some(url) = addresses.get("POSTGRES_URL") {
        let finding = match PgConnection::connect(url).await {
            Ok(_) => Finding::Fine("answers".to_owned()),
            Err(error) => {
                Finding::Broken(format!("{error}; see .work/logs/postgres.log, then make dev again"))
            }
        };
        findings.push(("database".to_owned(), finding));
    }
    if let Some(url) = addresses.get("AWS_ENDPOINT_URL") {
        let finding = if emulator::is_healthy(url).await {
            Finding::Fine(format!("answers at {url}"))
        } else {
            Finding::Broken(format!(
                "{url} does not answer; see .work/logs/emulator.log, then make dev again"
            ))
        };
        findings.push(("AWS emulator".to_owned(), finding));
    }
    for service in Service::ALL {
        if let Some(url) = addresses.get(service.url_variable()) {
            findings.push((service.to_string(), readiness(service, url).await));
        }
    }
    findings
}

async fn readiness(service: Service, url: &str) -> Finding {
    let request = reqwest::Client::new().get(format!("{url}/health/ready")).timeout(Duration::from_secs(5));
    let advice = format!("see .work/logs/{service}.log, then make restart S={service}");
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Finding::Fine(format!("ready at {url}")),
        Ok(answer) => Finding::Broken(format!("answers {} at {url}; {advice}", answer.status())),
        Err(_) => Finding::Broken(format!("does not answer at {url}; {advice}")),
    }
}

/// Of a stack that does not run: whether its usual ports are free.
fn free_ports() -> Vec<(String, Finding)> {
    let services = Service::ALL.map(|service| (service.name(), service.default_port()));
    let servers = [("PostgreSQL", 5432), ("AWS emulator", 4566)];
    let finding = |(name, port): (&str, u16)| {
        let finding = if ports::is_free(port) {
            Finding::Fine("free".to_owned())
        } else {
            Finding::Note(format!("taken by another program; {name} will be given another port"))
        };
        (format!("port {port}"), finding)
    };
    services.into_iter().chain(servers).map(finding).collect()
}
