//! The proxies, each on a core of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use localstack::process::{Console, Log, Process};
use nix::sys::signal::Signal;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::programs::Programs;
use super::tokens::{AUDIENCE, ISSUER};
use crate::cpu;

/// One that does not listen by then has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The core that a proxy has to itself.
pub const CORE: usize = 1;

/// A proxy and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Passes on.
    Nginx,
    /// Limits, and says who calls.
    NginxLimit,
    /// Keeps public answers.
    NginxCache,
    /// Passes on.
    Haproxy,
    /// Verifies tokens and remembers that, limits, says who calls.
    EnvoyCached,
    /// The same, and remembers nothing.
    EnvoyUncached,
    /// All that it does.
    Ours,
    /// And a line in the log for each request.
    OursLogging,
}

/// What peers are told.
#[derive(Debug)]
pub struct Setting {
    /// Where the others come from.
    pub programs: Programs,
    /// For configurations and logs; goes in the end.
    pub folder: PathBuf,
    /// Where a proxy listens.
    pub port: u16,
    /// Where the upstream listens.
    pub upstream: u16,
    /// The key set.
    pub keys: String,
    /// Our gateway, and its environment.
    pub ours: (PathBuf, BTreeMap<String, String>),
}

/// A proxy that runs.
pub struct Running {
    process: Process,
    base: String,
}

impl Setting {
    /// Starts a proxy and waits until it listens.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start(&self, peer: Peer) -> Result<Running> {
        let command = self.command(peer)?;
        let log = Log { file: self.folder.join(format!("{peer:?}.log")), console: Console::Silent };
        let mut process = Process::start(&format!("{peer:?}"), command, &log, Signal::SIGKILL)?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            ensure!(process.ended().is_none() && Instant::now() < deadline, process.obituary());
            sleep(Duration::from_millis(20)).await;
        }
        // Those of ours and of Envoy that look around first have seen everything by then.
        sleep(Duration::from_millis(500)).await;
        Ok(Running { process, base: format!("http://127.0.0.1:{}", self.port) })
    }

    fn command(&self, peer: Peer) -> Result<Command> {
        let mut command = Command::new("taskset");
        command.args(["-c", &CORE.to_string()]);
        match peer {
            Peer::Nginx => self.nginx(&mut command, include_str!("nginx-plain.conf"))?,
            Peer::NginxLimit => self.nginx(&mut command, include_str!("nginx-limit.conf"))?,
            Peer::NginxCache => self.nginx(&mut command, include_str!("nginx-cache.conf"))?,
            Peer::Haproxy => {
                let file = self.write("haproxy.cfg", include_str!("haproxy.cfg"))?;
                self.programs.haproxy.start(&mut command).args(["-db", "-f"]).arg(file);
            }
            Peer::EnvoyCached => self.envoy(&mut command, "jwt_cache_config: { jwt_cache_size: 10000 }")?,
            Peer::EnvoyUncached => self.envoy(&mut command, "")?,
            Peer::Ours => self.ours(&mut command, "warn"),
            Peer::OursLogging => self.ours(&mut command, "info"),
        }
        Ok(command)
    }

    fn nginx(&self, command: &mut Command, configuration: &str) -> Result<()> {
        let file = self.write("nginx.conf", configuration)?;
        self.programs.nginx.start(command).arg("-p").arg(&self.folder).arg("-c").arg(file);
        Ok(())
    }

    fn envoy(&self, command: &mut Command, cache: &str) -> Result<()> {
        let text = include_str!("envoy.yaml").replace("@CACHE@", cache).replace("@JWKS@", &self.keys);
        let text = text.replace("@ISSUER@", ISSUER).replace("@AUDIENCE@", AUDIENCE);
        let file = self.write("envoy.yaml", &text)?;
        command.arg(&self.programs.envoy).arg("-c").arg(file);
        command.args(["--concurrency", "1", "--disable-hot-restart", "-l", "error"]);
        Ok(())
    }

    fn ours(&self, command: &mut Command, log_level: &str) {
        let (program, environment) = &self.ours;
        command.arg(program).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(environment).env("LOG_LEVEL", log_level);
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let text = text
            .replace("@FOLDER@", &self.folder.display().to_string())
            .replace("@PORT@", &self.port.to_string())
            .replace("@UPSTREAM@", &self.upstream.to_string());
        let file = self.folder.join(name);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

impl Running {
    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Seconds of CPU that it has used, children and all.
    ///
    /// # Errors
    /// It has ended.
    pub fn cpu(&self) -> Result<f64> {
        self.family().into_iter().map(cpu::of_process).sum()
    }

    /// MiB that it holds, its share of what is shared (proportional set size), children and all.
    ///
    /// # Errors
    /// It has ended.
    pub fn memory(&self) -> Result<f64> {
        let mut kib = 0.0;
        for id in self.family() {
            let path = format!("/proc/{id}/smaps_rollup");
            let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
            kib += line.trim().trim_end_matches(" kB").parse::<f64>()?;
        }
        Ok(kib / 1024.0)
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGTERM, Duration::from_secs(3)).await;
    }

    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.process.id()];
        let mut at = 0;
        while let Some(id) = family.get(at) {
            family.extend(children(*id));
            at += 1;
        }
        family
    }
}

fn children(id: u32) -> Vec<u32> {
    let path = Path::new("/proc").join(id.to_string()).join("task").join(id.to_string()).join("children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
