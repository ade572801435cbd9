//! Everything in the files `hostile-*.toml`, each on a stack of its own.

use anyhow::Result;
use e2e::hostile::{Script, Stage, log_faults};
use localstack::{Options, Stack};

/// Everything of ours speaks, so that whatever could be logged is.
const LOG_LEVEL: &str = "info,api_gateway=debug,user=debug,product=debug,order=debug,notification=debug,\
    cartwright_web=debug,cartwright_runtime=debug,cartwright_database=debug,cartwright_messaging=debug";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_get_the_answers_that_the_contract_names() {
    let options = Options::from_env().unwrap().without_catalogue();
    play(Script::users(), options, 60).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_to_the_catalogue_get_the_answers_that_the_contract_names() {
    // With the catalogue: an order needs somewhere to be sent from.
    play(Script::products(), Options::from_env().unwrap(), 40).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_to_orders_get_the_answers_that_the_contract_names() {
    // Orders that wait do so until the end.
    let options = Options::from_env().unwrap().set("ORDER_EXPIRY_SECONDS", "900");
    play(Script::orders(), options, 60).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_to_the_edge_get_the_answers_that_the_contract_names() {
    let options = Options::from_env().unwrap().set("CORS_ORIGINS", "https://shop.example");
    play(Script::edge(), options, 40).await.unwrap();
}

/// Plays all of a script; there are never fewer than `least` cases.
async fn play(script: Result<Script>, mut options: Options, least: usize) -> Result<()> {
    let mut script = script?;
    assert!(script.cases.len() >= least, "{} cases", script.cases.len());
    if let Ok(wanted) = std::env::var("HOSTILE_CASES") {
        script.cases.retain(|case| case.name.contains(&wanted));
    }
    LOG_LEVEL.clone_into(&mut options.log_level);
    let stack = Stack::start(options).await?;
    let stage = Stage::set(&stack).await?;

    let failed = stage.play(&script).await?;
    let logged = log_faults(stack.logs(), &stage.secrets)?;
    for failure in &failed {
        eprintln!("--- {failure}\n");
    }
    for line in &logged {
        eprintln!("--- log: {line}\n");
    }
    assert!(
        failed.is_empty() && logged.is_empty(),
        "{} of {} cases failed, {} lines of logs should not be there",
        failed.len(),
        script.cases.len(),
        logged.len()
    );
    drop(stage);
    stack.stop().await
}
