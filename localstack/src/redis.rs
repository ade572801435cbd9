//! Redis, where the machine has it. The shop runs without; with it, gateways share limits through it.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;

use crate::ports::Port;
use crate::process::{self, Console, Log, Process};

/// A running Redis.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    port: Port,
}

impl Redis {
    /// Starts the machine's `redis-server`; None where there is none.
    ///
    /// # Errors
    /// It is there and does not come up.
    pub async fn start(folder: PathBuf, log: PathBuf, port: Port) -> Result<Option<Self>> {
        let Some(program) = process::find_program("redis-server") else { return Ok(None) };
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--port", &port.number().to_string(), "--save", ""]);
        command.args(["--daemonize", "no"]).arg("--dir").arg(&folder).current_dir(&folder);
        let log = Log { file: log, console: Console::Silent };
        let process = Process::start("redis", command, &log, Signal::SIGTERM)?;
        let mut redis = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, redis.port.number())).is_err() {
            if redis.process.ended().is_some() || Instant::now() > deadline {
                bail!("{}", redis.process.obituary());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Some(redis))
    }

    /// What `REDIS_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number())
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGTERM, Duration::from_secs(5)).await;
    }
}
