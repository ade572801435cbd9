//! `psql`: a look into a service's database.

use std::process::Command;

use anyhow::{Context as _, Result};
use localstack::Service;
use localstack::paths::Checkout;
use localstack::postgres::{Binaries, RunAs};
use localstack::process::{find_program, foreground};

use super::{addresses, exit_code};

/// Opens psql, or runs it with `arguments`.
pub async fn run(checkout: &Checkout, service: Service, arguments: &[String]) -> Result<u8> {
    let database = service
        .database()
        .with_context(|| format!("{service} keeps nothing in PostgreSQL; user, product and order do"))?;
    let addresses = addresses::read(checkout).context("nothing runs here: start it with `make dev`")?;
    let variable = format!("{}_DATABASE_URL", database.name().to_uppercase());
    let url =
        addresses.get(&variable).with_context(|| format!("{variable} is not in .work/addresses.env"))?;
    let program = match find_program("psql") {
        Some(program) => program,
        None => Binaries::find_or_install(checkout, &RunAs::choose()?).await?.program("psql"),
    };
    let mut command = Command::new(program);
    command.arg(url).args(arguments);
    Ok(exit_code(foreground(command).await?))
}
