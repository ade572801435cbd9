//! Terraform, without a trace of it in the tree or in the developer's home.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::paths::Checkout;
use crate::process::{self, Console, Log, Process, tail};

/// The oldest that reads what `terraform/` says (`use_lockfile`).
const MINIMUM: (u64, u64) = (1, 11);
/// Providers on the machine itself, for work without a network.
const MIRROR: &str = "/opt/tf-plugins";
const ADVICE: &str = "install Terraform 1.11 or later (developer.hashicorp.com/terraform/install)";
/// Of what a failed command wrote, its last lines say why.
const LAST_LINES: usize = 80;

/// Terraform with a configuration of its own.
#[derive(Debug, Clone)]
pub struct Terraform {
    program: PathBuf,
    configuration: PathBuf,
}

impl Terraform {
    /// The one on `PATH`. Providers are taken from `/opt/tf-plugins` where that is there, and kept in
    /// `.work/terraform/plugins`.
    ///
    /// # Errors
    /// There is none, or it is too old.
    pub async fn find(checkout: &Checkout) -> Result<Self> {
        let program =
            process::find_program("terraform").with_context(|| format!("terraform is missing: {ADVICE}"))?;
        let folder = checkout.work().join("terraform");
        let plugins = folder.join("plugins");
        fs::create_dir_all(&plugins).with_context(|| format!("making {}", plugins.display()))?;
        let configuration = folder.join("runner.tfrc");
        let mirror = Path::new(MIRROR).is_dir().then_some(MIRROR);
        fs::write(&configuration, settings(&plugins, mirror))
            .with_context(|| format!("writing {}", configuration.display()))?;
        let terraform = Self { program, configuration };
        let mut command = terraform.command(checkout.root());
        command.args(["version", "-json"]);
        let text = process::run(command).await?;
        let version: Value = serde_json::from_str(&text).context("reading terraform's version")?;
        let version = version["terraform_version"].as_str().unwrap_or_default();
        ensure!(is_recent(version), "Terraform {version} is too old: {ADVICE}");
        Ok(terraform)
    }

    /// `terraform` in `folder`, with credentials that are good for nothing but an emulator.
    #[must_use]
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(folder)
            .env("TF_CLI_CONFIG_FILE", &self.configuration)
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_ENDPOINT_URL")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    /// Runs a short command to its end and gives what it wrote.
    ///
    /// # Errors
    /// It fails.
    pub async fn run(command: Command) -> Result<String> {
        process::run(command).await
    }

    /// Runs a long command, what it writes going to `log`. Who stops waiting ends it.
    ///
    /// # Errors
    /// It fails; the last lines that it wrote are in the error.
    pub async fn run_logged(command: Command, log: &Path) -> Result<()> {
        // A log is of one command.
        if let Err(error) = fs::remove_file(log)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("removing {}", log.display()));
        }
        let to = Log { file: log.to_path_buf(), console: Console::Silent };
        let mut process = Process::start("terraform", command, &to, Signal::SIGTERM)?;
        let status = loop {
            match process.ended() {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        ensure!(status.success(), "terraform failed ({}):\n{}", log.display(), tail(log, LAST_LINES));
        Ok(())
    }
}

fn settings(plugins: &Path, mirror: Option<&str>) -> String {
    let installation = match mirror {
        Some(folder) => format!("  filesystem_mirror {{\n    path = \"{folder}\"\n  }}\n"),
        None => "  direct {}\n".to_owned(),
    };
    format!("plugin_cache_dir = \"{}\"\nprovider_installation {{\n{installation}}}\n", plugins.display())
}

fn is_recent(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= MINIMUM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_recent("1.11.4") && is_recent("1.100.0") && is_recent("2.0.0-beta1"));
        assert!(!is_recent("1.9.8") && !is_recent("0.15.5") && !is_recent(""));
    }

    #[test]
    fn without_a_mirror_providers_come_from_the_registry() {
        assert!(settings(Path::new("/work"), None).contains("direct {}"));
        assert!(settings(Path::new("/work"), Some("/opt")).contains("filesystem_mirror"));
    }
}
