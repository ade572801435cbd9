//! `lambda` and `demo --runtime lambda`: packages, and a purchase from functions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use localstack::lambda::{Functions, Package, architecture, deployed_name, package};
use localstack::paths::Checkout;
use localstack::process::foreground;
use localstack::{Options, Service, Stack, cargo, ground};
use serde_json::{Value, json};

use super::progress::step;
use super::{exec, exit_code};

/// How services run.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Runtime {
    /// One process each.
    Process,
    /// One function each, in the emulator's Lambda.
    Lambda,
}

/// Which build.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Profile {
    /// As `make dev` runs it.
    Debug,
    /// As it is deployed.
    Release,
}

/// The smallest zips.
const SMALL: u8 = 9;
/// Zips that are thrown away soon.
const FAST: u8 = 1;

/// Builds for release, zips to `target/lambda/` and prints the sizes.
pub async fn zips(checkout: &Checkout) -> Result<u8> {
    let binaries =
        step("release build", async { Ok((cargo::build_release(checkout).await?, String::new())) }).await?;
    let folder = cargo::target(checkout).await?.join("lambda");
    let packages = zip(&binaries, &folder, SMALL).await?;
    println!("\n  for {}, which is what this machine is:", architecture());
    for package in packages {
        let place = package.file.strip_prefix(checkout.root()).unwrap_or(&package.file);
        println!(
            "  {:>6.1} MB {} (program {:.1} MB)",
            mega(package.zip),
            place.display(),
            mega(package.program)
        );
    }
    Ok(0)
}

/// A purchase from a stack of functions that is made for it.
pub async fn demo(checkout: &Checkout, profile: Profile, arguments: &[String]) -> Result<u8> {
    let programs = exec::build(checkout, false).await?;
    let binaries = match profile {
        Profile::Debug => programs.clone(),
        Profile::Release => {
            step("release build", async { Ok((cargo::build_release(checkout).await?, String::new())) })
                .await?
        }
    };
    let folder = ground::folder(checkout).join("packages");
    let packages = zip(&binaries, &folder, FAST).await;
    let outcome = match packages {
        Ok(packages) => on_ground(checkout, binaries, &packages, &programs.join("demo"), arguments).await,
        Err(error) => Err(error),
    };
    let _ = std::fs::remove_dir_all(folder);
    outcome
}

async fn zip(binaries: &Path, folder: &Path, level: u8) -> Result<Vec<Package>> {
    step("five packages", async {
        let packages = package(binaries, folder, level).await?;
        let bytes: u64 = packages.iter().map(|package| package.zip).sum();
        Ok((packages, format!("{:.1} MB", mega(bytes))))
    })
    .await
}

async fn on_ground(
    checkout: &Checkout,
    binaries: PathBuf,
    packages: &[Package],
    program: &Path,
    arguments: &[String],
) -> Result<u8> {
    let ground = exec::start(checkout).await?;
    let options = Options {
        superuser_url: ground.database_url(),
        aws_endpoint: ground.aws_endpoint(),
        binaries,
        ..Options::here(checkout)
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let outcome = on_stack(checkout, options, packages, command).await;
    ground.stop().await?;
    outcome
}

async fn on_stack(
    checkout: &Checkout,
    options: Options,
    packages: &[Package],
    mut command: Command,
) -> Result<u8> {
    let stack = step("databases, resources, catalogue", async {
        Ok((Box::pin(Stack::prepare(options)).await?, String::new()))
    })
    .await?;
    command.env("BASE_URL", stack.base_url()).env("AWS_ENDPOINT_URL", &stack.aws().endpoint);
    let outcome = async {
        let functions = step("functions, queues, schedule, load balancers", async {
            Ok((Functions::deploy(&stack, packages).await?, stack.base_url()))
        })
        .await?;
        let outcome = buy(&functions, command).await;
        let logs = checkout.work().join("logs/lambda");
        functions.save_logs(&logs).await?;
        println!("  what the functions wrote is in {}", logs.display());
        functions.remove().await?;
        outcome
    }
    .await;
    stack.stop().await?;
    outcome
}

async fn buy(functions: &Functions, command: Command) -> Result<u8> {
    let code = exit_code(foreground(command).await?);
    if code == 0 {
        step("the schedule's event, by hand", every_minute(functions)).await?;
    }
    Ok(code)
}

/// Nobody waits a minute for what the schedule does: each function gets its event at once.
async fn every_minute(functions: &Functions) -> Result<((), String)> {
    let event = json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/every-minute"],
        "detail": {},
    });
    let mut done = Vec::new();
    for service in Service::ALL.into_iter().filter(|service| *service != Service::ApiGateway) {
        let answer = functions.invoke(service, &event).await?;
        let jobs = answer["jobs"].as_array().map(Vec::as_slice).unwrap_or_default();
        ensure!(
            answer["jobs"].is_array() && jobs.iter().all(|job| job["done"] == true),
            "{} did not do its jobs: {answer}",
            deployed_name(service)
        );
        done.extend(
            jobs.iter().filter_map(|job: &Value| Some(format!("{service} {}", job["name"].as_str()?))),
        );
    }
    Ok(((), done.join(", ")))
}

/// In megabytes.
pub fn mega(bytes: u64) -> f64 {
    // Sizes of programs fit without loss.
    u32::try_from(bytes / 1000).map_or(f64::INFINITY, f64::from) / 1000.0
}
