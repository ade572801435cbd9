//! `iam-check`: what the services call of AWS is what Terraform allows them.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use localstack::paths::Checkout;
use localstack::process::foreground;
use localstack::terraform::Tree;
use localstack::tools::{Terraform, unless_missing};

use super::progress::step;
use super::{exec, exit_code};

/// The environment whose plan is looked at: services in containers and on Lambda.
const ENVIRONMENT: &str = "staging";

/// Plans the environment and compares its policies with the calls that a whole `test` recorded.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    let calls = checkout.work().join("aws-calls");
    let recorded = fs::read_dir(&calls).is_ok_and(|mut files| files.next().is_some());
    ensure!(recorded, "no calls to AWS are recorded: run `make test` first, all of it");
    let Some(terraform) = unless_missing(Terraform::find(checkout).await)? else { return Ok(0) };
    let binaries = exec::build(checkout, false).await?;
    let tree = Tree::copy(checkout)?;
    let plan = step(&format!("plan of environments/{ENVIRONMENT}"), async {
        Ok((tree.plan_offline(&terraform, ENVIRONMENT).await?, String::new()))
    })
    .await?;
    let mut command = Command::new(binaries.join("deployment"));
    command.arg("permissions").arg("--calls").arg(calls).arg(format!("{ENVIRONMENT}={}", plan.display()));
    Ok(exit_code(foreground(command).await?))
}
