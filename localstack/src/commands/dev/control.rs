//! How other verbs speak to a running `dev`: one line each way over a socket of 127.0.0.1, whose port and password are in
//! a file that only this user reads. (A Unix socket's path may not be longer than a hundred letters; a checkout's may.)

use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use cartwright_types::random;
use localstack::Service;
use localstack::paths::Checkout;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::running::Running;

/// The listening end.
pub struct Control {
    listener: TcpListener,
    password: String,
    file: PathBuf,
}

impl Control {
    /// Listens, and writes down where.
    pub async fn open(checkout: &Checkout) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("opening the control socket")?;
        let (password, file) = (random::token(), file(checkout));
        let _ = fs::remove_file(&file);
        let mut opened = fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .with_context(|| format!("writing {}", file.display()))?;
        writeln!(opened, "{} {password}", listener.local_addr()?.port())?;
        Ok(Self { listener, password, file })
    }

    /// Does what is asked until the question is to stop; meanwhile tells of services that ended by themselves.
    pub async fn serve(&self, running: &mut Running) -> Result<()> {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = tokio::time::sleep(Duration::from_millis(500)) => {
                    running.report_ended()?;
                    continue;
                }
            };
            let (stream, _) = accepted.context("accepting on the control socket")?;
            // Who hangs up or says nothing concerns nobody else.
            if self.answer(stream, running).await.unwrap_or(false) {
                return Ok(());
            }
        }
    }

    /// True if it was asked to stop.
    async fn answer(&self, mut stream: TcpStream, running: &mut Running) -> Result<bool> {
        let mut line = String::new();
        let mut lines = BufReader::new(&mut stream).take(4096);
        tokio::time::timeout(Duration::from_secs(5), lines.read_line(&mut line)).await??;
        let Some(request) = line.trim().strip_prefix(&format!("{} ", self.password)) else {
            return Ok(false);
        };
        let (verb, argument) = request.split_once(' ').unwrap_or((request, ""));
        let outcome = match verb {
            "stop" => Ok("stopping".to_owned()),
            "restart" => restart(running, argument).await,
            "admin" => running.create_admin(argument).await,
            _ => bail!("unknown request"),
        };
        let answer = match outcome {
            Ok(text) => format!("ok {text}"),
            Err(error) => format!("error {error:#}"),
        };
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        Ok(verb == "stop")
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

async fn restart(running: &mut Running, service: &str) -> Result<String> {
    let service: Service = service.parse().map_err(anyhow::Error::msg)?;
    running.restart(service).await
}

/// Sends one request to the running `dev` and waits for its answer.
pub async fn ask(checkout: &Checkout, request: &str) -> Result<String> {
    const NOT_RUNNING: &str = "nothing runs here: start it with `make dev`";
    let place = fs::read_to_string(file(checkout)).context(NOT_RUNNING)?;
    let (port, password) = place.trim().split_once(' ').context(NOT_RUNNING)?;
    let port: u16 = port.parse().context(NOT_RUNNING)?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context(NOT_RUNNING)?;
    stream.write_all(format!("{password} {request}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.context("the running `make dev` broke off")?;
    match answer.split_once(' ') {
        Some(("ok", text)) => Ok(text.to_owned()),
        Some(("error", text)) => bail!("{text}"),
        _ => bail!("the running `make dev` is busy starting or stopping; try again when it is ready"),
    }
}

fn file(checkout: &Checkout) -> PathBuf {
    checkout.work().join("run/control")
}
