//! `demo`: a purchase through the gateway.

use std::process::Command;

use anyhow::Result;
use localstack::paths::Checkout;
use localstack::process::foreground;
use localstack::{Options, Service, Stack};

use super::progress::step;
use super::{addresses, exec, exit_code};

/// Runs the demo program against the running stack, or against one that is made for it.
pub async fn run(checkout: &Checkout, arguments: &[String]) -> Result<u8> {
    let binaries = exec::build(checkout, false).await?;
    let mut command = Command::new(binaries.join("demo"));
    command.args(arguments);
    if let Some(addresses) = addresses::read_if_alive(checkout).await {
        command.envs(addresses);
        return Ok(exit_code(foreground(command).await?));
    }
    let ground = exec::start(checkout).await?;
    let options = Options {
        superuser_url: ground.database_url(),
        aws_endpoint: ground.aws_endpoint(),
        binaries,
        ..Options::here(checkout)
    };
    let outcome = buy(options, command).await;
    ground.stop().await?;
    outcome
}

async fn buy(options: Options, mut command: Command) -> Result<u8> {
    let stack = step("shop", async {
        let stack = Stack::start(options).await?;
        let note = stack.base_url();
        Ok((stack, note))
    })
    .await?;
    command.env("BASE_URL", stack.base_url()).env("AWS_ENDPOINT_URL", &stack.aws().endpoint);
    for service in Service::ALL {
        command.env(service.url_variable(), stack.url(service));
    }
    let outcome = foreground(command).await;
    stack.stop().await?;
    Ok(exit_code(outcome?))
}
