//! `terraform-apply-local`: Terraform makes the whole shop on an emulator, and removes it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use localstack::aws::Aws;
use localstack::emulator::{Emulator, Settings};
use localstack::ground;
use localstack::paths::Checkout;
use localstack::ports::Port;
use localstack::process;
use localstack::provision::{fill_secrets, names};
use localstack::terraform::{Allowed, Tree, changes, differences, outside};
use localstack::tools::Terraform;
use tokio::signal::unix::{SignalKind, signal};

use super::exec;
use super::progress::step;

const ENVIRONMENT: &str = "local";
/// In the environment's folder: what the second plan may change.
const ALLOWED: &str = "drift-allowed.json";

/// Runs it all on an emulator of its own, which ends however this does.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    let terraform = Terraform::find(checkout).await?;
    let binaries = exec::build(checkout, false).await?;
    let folder = ground::folder(checkout);
    let emulator = step("AWS emulator", async {
        let log = checkout.work().join("logs/terraform-emulator.log");
        let settings =
            Settings { folder: folder.join("emulator"), log, port: Port::any()?, persistent: false };
        let emulator = Emulator::start(checkout, settings).await?;
        let note = emulator.url();
        Ok((emulator, note))
    })
    .await?;
    let endpoint = emulator.url();
    let outcome = tokio::select! {
        outcome = on_emulator(checkout, &terraform, &endpoint, &binaries) => outcome,
        () = told_to_end()? => Err(anyhow::anyhow!("interrupted; the emulator and what was made on it are gone")),
    };
    emulator.stop().await;
    fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    outcome.map(|()| 0)
}

fn told_to_end() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// A root on the emulator.
struct Root<'a> {
    terraform: &'a Terraform,
    folder: PathBuf,
    logs: PathBuf,
    endpoint: &'a str,
}

impl Root<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.terraform.command(&self.folder);
        command.args(arguments).env("AWS_ENDPOINT_URL", self.endpoint);
        command
    }

    /// A step of minutes.
    async fn run(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let log = self.logs.join(format!("terraform-{name}.log"));
        Terraform::run_logged(self.command(arguments), &log).await
    }

    async fn resources(&self) -> Result<usize> {
        let list = Terraform::run(self.command(&["state", "list"])).await?;
        let is_read = |line: &str| line.starts_with("data.") || line.contains(".data.");
        Ok(list.lines().filter(|line| !is_read(line)).count())
    }
}

async fn on_emulator(
    checkout: &Checkout,
    terraform: &Terraform,
    endpoint: &str,
    binaries: &Path,
) -> Result<()> {
    let tree = Tree::copy(checkout)?;
    let logs = checkout.work().join("logs");
    let root = Root { terraform, folder: tree.environment(ENVIRONMENT), logs, endpoint };
    step("init", async {
        Ok((root.run("init", &["init", "-no-color", "-lockfile=readonly"]).await?, String::new()))
    })
    .await?;
    step("plan", async {
        root.run("plan", &["plan", "-no-color", "-out=first.plan"]).await?;
        Ok(((), String::new()))
    })
    .await?;
    step("apply", async {
        root.run("apply", &["apply", "-no-color", "-parallelism=10", "first.plan"]).await?;
        let made = root.resources().await?;
        ensure!(made > 0, "an apply that made nothing");
        Ok(((), format!("{made} resources")))
    })
    .await?;
    made(endpoint).await?;
    again(&root, binaries).await?;
    step("destroy", async {
        root.run("destroy", &["destroy", "-no-color", "-auto-approve", "-parallelism=10"]).await?;
        let left = root.resources().await?;
        ensure!(left == 0, "{left} resources are left in the state");
        Ok(((), "nothing is left".to_owned()))
    })
    .await
}

/// What is there is what `resources.json` asks for, and the secrets are empty until they are filled.
async fn made(endpoint: &str) -> Result<()> {
    let (aws, names) = (Aws::at(endpoint).await, names(ENVIRONMENT));
    step("what was made, against resources.json", async {
        let found = differences(&aws, &names).await?;
        ensure!(found.is_empty(), "{}", found.join("\n"));
        Ok(((), "the same".to_owned()))
    })
    .await?;
    step("secrets", async {
        let filled = fill_secrets(&aws.secrets, &names).await?.len();
        ensure!(
            fill_secrets(&aws.secrets, &names).await?.is_empty(),
            "a second run gave secrets other values"
        );
        ensure!(filled > 0, "Terraform gave the secrets values");
        Ok(((), format!("{filled} were empty and are filled")))
    })
    .await
}

/// A second plan changes nothing but what the emulator does not keep.
async fn again(root: &Root<'_>, binaries: &Path) -> Result<()> {
    let plan = root.folder.join("second.json");
    step("second plan", async {
        root.run("second-plan", &["plan", "-no-color", "-out=second.plan"]).await?;
        let text = Terraform::run(root.command(&["show", "-json", "second.plan"])).await?;
        fs::write(&plan, &text).context("writing a plan")?;
        let allowed = allowed(&root.folder.join(ALLOWED))?;
        let changes = changes(&text)?;
        let broken = outside(&changes, &allowed);
        ensure!(broken.is_empty(), "{}", broken.join("\n"));
        Ok(((), format!("{} changes, all of them the emulator's fault ({ALLOWED})", changes.len())))
    })
    .await?;
    step("environments of the programs", async {
        let mut command = Command::new(binaries.join("deployment"));
        command.arg("applied").arg(format!("{ENVIRONMENT}={}", plan.display()));
        Ok(((), process::run(command).await?.trim().to_owned()))
    })
    .await
}

fn allowed(file: &Path) -> Result<Vec<Allowed>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let allowed: Vec<Allowed> =
        serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    if let Some(bare) = allowed.iter().find(|one| one.reason.len() <= 10) {
        bail!("{ALLOWED} allows {} of {} without a reason", bare.attribute, bare.kind);
    }
    Ok(allowed)
}
