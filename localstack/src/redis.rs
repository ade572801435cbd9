//! Redis. The shop runs without; with it, processes share limits through it and wake each other.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::paths::Checkout;
use crate::ports::Port;
use crate::process::{Console, Log, Process};
use crate::tools::{DebianProgram, unless_missing};

const PROGRAM: &str = "redis-server";
/// The program, and what it is linked with.
const PACKAGES: [&str; 5] = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libssl3"];

/// A running Redis. Dropping it kills it.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    port: Port,
    setup: Setup,
}

/// How it is started.
#[derive(Debug)]
struct Setup {
    program: DebianProgram,
    folder: PathBuf,
    log: PathBuf,
    certificate: Option<Certificate>,
}

/// For TLS: two files in PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate, with those that lead to it.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Redis {
    /// Starts the machine's `redis-server`; None where there is none.
    ///
    /// # Errors
    /// It is there and does not come up.
    pub async fn start(folder: PathBuf, log: PathBuf, port: Port) -> Result<Option<Self>> {
        let Some(program) = DebianProgram::installed(PROGRAM) else { return Ok(None) };
        Self::launch(Setup { program, folder, log, certificate: None }, port).await.map(Some)
    }

    /// A server for one test, on any port: the machine's, else Debian's, unpacked under `.work/`. None, and a sentence on
    /// standard error, where neither is to be had; with `CI=true` that is an error.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn for_a_test() -> Result<Option<Self>> {
        Self::with_certificate(None).await
    }

    /// The same, over TLS only.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn over_tls(certificate: Certificate) -> Result<Option<Self>> {
        Self::with_certificate(Some(certificate)).await
    }

    async fn with_certificate(certificate: Option<Certificate>) -> Result<Option<Self>> {
        let checkout = Checkout::find()?;
        let program = DebianProgram::find_or_unpack(&checkout, PROGRAM, &PACKAGES).await;
        let Some(program) = unless_missing(program)? else { return Ok(None) };
        let port = Port::any()?;
        let log = checkout.work().join(format!("logs/redis-{}.log", port.number()));
        let folder = checkout.work().join("redis-of-tests");
        Self::launch(Setup { program, folder, log, certificate }, port).await.map(Some)
    }

    async fn launch(setup: Setup, port: Port) -> Result<Self> {
        fs::create_dir_all(&setup.folder).with_context(|| format!("making {}", setup.folder.display()))?;
        let mut redis = Self { process: setup.start(&port)?, port, setup };
        redis.wait().await?;
        Ok(redis)
    }

    async fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number())).is_err() {
            if self.process.ended().is_some() || Instant::now() > deadline {
                bail!("{}", self.process.obituary());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// What `REDIS_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.setup.certificate.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port.number())
    }

    /// Sends it one command, in its own words on one line, and returns the first line of its answer.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn tell(&self, command: &str) -> Result<String> {
        let mut stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number())).await?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await?;
        Ok(answer.trim_end().to_owned())
    }

    /// Kills it at once, as a crash would: what it held is gone.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Redis::kill`], on the same port.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = self.setup.start(&self.port)?;
        self.wait().await
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGTERM, Duration::from_secs(5)).await;
    }
}

impl Setup {
    /// Nothing is kept on disk.
    fn start(&self, port: &Port) -> Result<Process> {
        let (mut command, port) = (self.program.command(), port.number().to_string());
        command.args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]);
        command.arg("--dir").arg(&self.folder).current_dir(&self.folder);
        match &self.certificate {
            None => command.args(["--port", &port]),
            Some(Certificate { chain, key }) => {
                command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
                command.arg("--tls-cert-file").arg(chain).arg("--tls-key-file").arg(key)
            }
        };
        let log = Log { file: self.log.clone(), console: Console::Silent };
        Process::start("redis", command, &log, Signal::SIGTERM)
    }
}
