//! The programs that are used.

use std::process::Command;

use localstack::cargo;
use localstack::paths::Checkout;
use localstack::postgres::{Binaries, MINIMUM_VERSION};
use localstack::process;

use super::Finding;

/// The oldest Rust that compiles this; as in the workspace's `Cargo.toml`.
const MINIMUM_RUST: (u32, u32) = (1, 95);

/// Looks at all of them.
pub async fn all(checkout: &Checkout) -> Vec<(String, Finding)> {
    let named = |name: &str, finding| (name.to_owned(), finding);
    vec![
        named("rustc", rust().await),
        named("cargo-nextest", nextest(checkout).await),
        named("python3", python().await),
        named("PostgreSQL", postgres()),
        named("redis-server", optional("redis-server", "gateways would share limits through it").await),
        named("terraform", optional("terraform", "needed for terraform/ only").await),
    ]
}

async fn rust() -> Finding {
    let (major, minor) = MINIMUM_RUST;
    let advice = format!("Rust {major}.{minor} or later is needed: rustup update stable");
    let Some(line) = version("rustc").await else { return Finding::Broken(advice) };
    let mut numbers = line.split([' ', '.']).filter_map(|word| word.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= MINIMUM_RUST { Finding::Fine(line) } else { Finding::Broken(format!("{line}; {advice}")) }
}

async fn nextest(checkout: &Checkout) -> Finding {
    let mut command = cargo::command(checkout);
    command.args(["nextest", "--version"]);
    match process::run(command).await {
        Ok(text) => Finding::Fine(first_line(&text)),
        Err(_) => {
            Finding::Note("missing, cargo test is used: cargo install --locked cargo-nextest".to_owned())
        }
    }
}

async fn python() -> Finding {
    let Some(line) = version("python3").await else {
        return Finding::Broken(
            "missing, the AWS emulator needs it: apt-get install python3 python3-venv".to_owned(),
        );
    };
    let mut command = Command::new("python3");
    command.args(["-c", "import venv, ensurepip"]);
    match process::run(command).await {
        Ok(_) => Finding::Fine(line),
        Err(_) => Finding::Broken(format!("{line} without its venv module: apt-get install python3-venv")),
    }
}

fn postgres() -> Finding {
    match Binaries::installed() {
        Some(binaries) => Finding::Fine(format!("version {}", binaries.major)),
        None => Finding::Note(format!(
            "version {MINIMUM_VERSION} or later is not installed (apt-get install postgresql); \
             a Python package that carries one is used instead"
        )),
    }
}

async fn optional(program: &str, purpose: &str) -> Finding {
    match version(program).await {
        Some(line) => Finding::Fine(line),
        None => Finding::Note(format!("not installed; {purpose}")),
    }
}

async fn version(program: &str) -> Option<String> {
    process::find_program(program)?;
    let mut command = Command::new(program);
    command.arg("--version");
    process::run(command).await.ok().map(|text| first_line(&text))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}
