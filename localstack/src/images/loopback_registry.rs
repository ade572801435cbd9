//! A registry on this machine, to try a push.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;

use crate::ports::Port;
use crate::process::{Console, Log, Process, find_program};

const START_PATIENCE: Duration = Duration::from_secs(10);

/// Debian's `docker-registry`. Dropping it ends it.
#[derive(Debug)]
pub struct LoopbackRegistry {
    port: Port,
    _process: Process,
}

impl LoopbackRegistry {
    /// Starts it, with what it holds in `folder`.
    ///
    /// # Errors
    /// It is not installed, or does not answer.
    pub async fn start(folder: &Path) -> Result<Self> {
        let program = find_program("docker-registry")
            .context("docker-registry is missing. On Debian: apt-get install docker-registry")?;
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let port = Port::any()?;
        let settings = serde_json::json!({
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": folder.join("data")}},
            "http": {"addr": format!("127.0.0.1:{}", port.number())},
        });
        // JSON is YAML too.
        let file = folder.join("config.yml");
        fs::write(&file, settings.to_string()).context("writing the registry's settings")?;
        let mut command = Command::new(program);
        command.arg("serve").arg(file);
        let log = Log { file: folder.join("log"), console: Console::Silent };
        let mut process = Process::start("docker-registry", command, &log, Signal::SIGKILL)?;
        let url = format!("http://127.0.0.1:{}/v2/", port.number());
        let deadline = Instant::now() + START_PATIENCE;
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            if process.ended().is_some() || Instant::now() > deadline {
                bail!("{}", process.obituary());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { port, _process: process })
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port.number())
    }

    /// The digest that it gives for a tag.
    ///
    /// # Errors
    /// It has no such image.
    pub async fn digest(&self, repository: &str, tag: &str) -> Result<String> {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.host());
        let request =
            reqwest::Client::new().head(url).header("accept", "application/vnd.oci.image.manifest.v1+json");
        let answer = request.send().await?.error_for_status()?;
        let digest = answer.headers().get("docker-content-digest").context("the registry names no digest")?;
        Ok(digest.to_str()?.to_owned())
    }
}
