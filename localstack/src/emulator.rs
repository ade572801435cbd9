//! The AWS emulator: pinned, in the checkout's virtual environment, on 127.0.0.1 only.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;

use crate::paths::Checkout;
use crate::ports::Port;
use crate::process::{Console, Log, Process};
use crate::venv::Venv;

/// What it is made of. `cryptography` is for KMS.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography==50.0.2"];

/// How an emulator is run.
#[derive(Debug)]
pub struct Settings {
    /// Its data.
    pub folder: PathBuf,
    /// Its log file.
    pub log: PathBuf,
    /// Where it listens.
    pub port: Port,
    /// Whether what it holds survives an orderly end.
    pub persistent: bool,
}

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    process: Process,
    port: Port,
}

impl Emulator {
    /// Installs it if need be, starts it and waits until it answers.
    ///
    /// # Errors
    /// It cannot be installed, or does not come up.
    pub async fn start(checkout: &Checkout, settings: Settings) -> Result<Self> {
        let venv = Venv::with(checkout, &PACKAGES).await?;
        let (objects, state) = (settings.folder.join("s3"), settings.folder.join("state"));
        let scratch = settings.folder.join("tmp");
        for folder in [&objects, &state, &scratch] {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        let mut command = Command::new(venv.program("ministack"));
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", settings.port.number().to_string())
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("REDIS_HOST", "127.0.0.1")
            .env("S3_DATA_DIR", objects)
            .env("STATE_DIR", state)
            .env("TMPDIR", scratch)
            .env("PYTHONUNBUFFERED", "1")
            .env_remove("AWS_ENDPOINT_URL")
            .current_dir(&settings.folder);
        if settings.persistent {
            command.env("PERSIST_STATE", "1").env("S3_PERSIST", "1");
        }
        let log = Log { file: settings.log, console: Console::Silent };
        // One that is paused does not hear SIGTERM; without data to write none needs to.
        let at_our_death = if settings.persistent { Signal::SIGTERM } else { Signal::SIGKILL };
        let process = Process::start("emulator", command, &log, at_our_death)?;
        let mut emulator = Self { process, port: settings.port };
        emulator.wait_until_ready().await?;
        Ok(emulator)
    }

    /// What `AWS_ENDPOINT_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended().map(|_| self.process.obituary())
    }

    /// Stops it where it stands (SIGSTOP): it takes connections and answers nothing.
    pub fn pause(&mut self) {
        self.process.signal(Signal::SIGSTOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&mut self) {
        self.process.signal(Signal::SIGCONT);
    }

    /// Ends it; a persistent one writes what it holds.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGTERM, Duration::from_secs(20)).await;
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(90);
        while !is_healthy(&self.url()).await {
            if self.process.ended().is_some() || Instant::now() > deadline {
                bail!("{}", self.process.obituary());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Whether an emulator answers at `url`.
pub async fn is_healthy(url: &str) -> bool {
    let request =
        reqwest::Client::new().get(format!("{url}/_localstack/health")).timeout(Duration::from_secs(5));
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}
