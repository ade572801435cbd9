//! A running server and its data folder.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use cartwright_types::random;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::{Binaries, RunAs};
use crate::ports::Port;
use crate::process::{Console, Log, Process};

/// What committed data outlives. Less is faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A power cut.
    PowerCut,
    /// The server's own death, by SIGKILL too: the system has what was committed, the disk may not.
    Crash,
    /// An orderly end alone.
    Nothing,
}

/// How a server is run.
#[derive(Debug)]
pub struct Settings {
    /// Holds `data/` and `password`; must be a folder that `run_as` can reach.
    pub folder: PathBuf,
    /// Its log file.
    pub log: PathBuf,
    /// Where it listens, on 127.0.0.1 only.
    pub port: Port,
    /// What its data outlives.
    pub durability: Durability,
    /// The user it runs as.
    pub run_as: RunAs,
}

/// A running server. Dropping it kills it (it recovers at the next start); [`Cluster::stop`] ends it in order.
#[derive(Debug)]
pub struct Cluster {
    process: Process,
    binaries: Binaries,
    settings: Settings,
    password: String,
}

impl Cluster {
    /// Makes the data folder if there is none yet and starts the server on it.
    ///
    /// # Errors
    /// The folder belongs to another major version, or the server does not come up; the message says what to do.
    pub async fn start(binaries: &Binaries, settings: Settings) -> Result<Self> {
        let data = settings.folder.join("data");
        hand_over(&settings.folder, &settings.run_as)?;
        if !data.is_dir() {
            initialise(binaries, &settings).await?;
        }
        check_version(&data, binaries.major)?;
        let password = fs::read_to_string(settings.folder.join("password"))
            .context("the data folder's password file is missing: make dev-reset")?;
        let process = launch(binaries, &settings).await?;
        let password = password.trim().to_owned();
        let mut cluster = Self { process, binaries: binaries.clone(), settings, password };
        cluster.wait_until_ready().await?;
        Ok(cluster)
    }

    /// Kills the server and all its processes at once (SIGKILL), as a crash would.
    ///
    /// # Errors
    /// Its processes cannot be listed.
    pub fn kill(&mut self) -> Result<()> {
        // Held still, it starts no process that is not on the list; each is the leader of a group of its own.
        self.process.signal(Signal::SIGSTOP);
        let children = children(self.process.id());
        self.process.kill();
        for child in children? {
            // It may have ended by itself since, as the server did.
            let _ = signal::kill(child, Signal::SIGKILL);
        }
        Ok(())
    }

    /// Starts a server that was killed again, on its old port and data, and waits until it has recovered.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process = launch(&self.binaries, &self.settings).await?;
        self.wait_until_ready().await
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.settings.port.number()
    }

    /// A superuser's URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port())
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended().map(|_| self.process.obituary())
    }

    /// Ends sessions and server, everything on disk: PostgreSQL's fast shutdown.
    pub async fn stop(mut self) {
        self.process.stop(Signal::SIGINT, Duration::from_secs(30)).await;
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_mins(1);
        let options: PgConnectOptions = self.url("postgres").parse().context("the server's own URL")?;
        let options = options.disable_statement_logging();
        loop {
            match PgConnection::connect_with(&options).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(_) if self.process.ended().is_some() => bail!("{}", self.process.obituary()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context(self.process.obituary());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
    }
}

async fn launch(binaries: &Binaries, settings: &Settings) -> Result<Process> {
    let data = settings.folder.join("data");
    clear_stale_pid(&data).await?;
    let mut command = Command::new(binaries.program("postgres"));
    command.arg("-D").arg(&data).args(arguments(settings)).current_dir(&settings.folder);
    let log = Log { file: settings.log.clone(), console: Console::Silent };
    Process::start_as(settings.run_as.ids(), "postgres", command, &log, Signal::SIGINT)
}

/// The processes that a process has started and that live.
fn children(parent: u32) -> Result<Vec<Pid>> {
    let output = Command::new("ps").args(["-A", "-o", "ppid=,pid="]).output().context("running ps")?;
    let parent = parent.to_string();
    let child = |line: &str| {
        let (of, id) = line.trim().split_once(char::is_whitespace)?;
        (of == parent).then(|| id.trim().parse().ok().map(Pid::from_raw)).flatten()
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(child).collect())
}

fn arguments(settings: &Settings) -> Vec<String> {
    let mut arguments = vec!["-p".to_owned(), settings.port.number().to_string()];
    let mut set = |name: &str, value: &str| arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
    set("listen_addresses", "127.0.0.1");
    set("unix_socket_directories", "");
    set("max_connections", "300");
    set("timezone", "UTC");
    if settings.durability != Durability::PowerCut {
        set("fsync", "off");
        set("full_page_writes", "off");
    }
    if settings.durability == Durability::Nothing {
        set("synchronous_commit", "off");
    }
    arguments
}

fn hand_over(folder: &Path, run_as: &RunAs) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    if let Some((user, group)) = run_as.ids() {
        chown(folder, Some(user), Some(group))
            .with_context(|| format!("giving {} away", folder.display()))?;
    }
    Ok(())
}

/// Makes the data folder under another name and renames it when it is whole, so that an interrupted run is repeated.
async fn initialise(binaries: &Binaries, settings: &Settings) -> Result<()> {
    let (fresh, password) = (settings.folder.join("data.new"), settings.folder.join("password"));
    if fresh.exists() {
        fs::remove_dir_all(&fresh).context("removing a half-made data folder")?;
    }
    let _ = fs::remove_file(&password);
    let mut file = fs::File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&password)
        .context("writing the superuser's password")?;
    writeln!(file, "{}", random::token())?;
    let ids = settings.run_as.ids();
    if let Some((user, group)) = ids {
        chown(&password, Some(user), Some(group)).context("giving the password file away")?;
    }
    let mut command = Command::new(binaries.program("initdb"));
    command.arg("-D").arg(&fresh).args(["-U", "postgres", "-A", "scram-sha-256"]);
    command.arg(format!("--pwfile={}", password.display()));
    command.args(["-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]);
    if settings.durability != Durability::PowerCut {
        command.arg("--no-sync");
    }
    if let Some((user, group)) = ids {
        command.uid(user).gid(group);
    }
    command.current_dir(&settings.folder);
    crate::process::run(command).await.context("making PostgreSQL's data folder")?;
    fs::rename(&fresh, settings.folder.join("data")).context("renaming the new data folder")
}

fn check_version(data: &Path, major: u32) -> Result<()> {
    let found = fs::read_to_string(data.join("PG_VERSION"))
        .with_context(|| format!("{} is no data folder of PostgreSQL: make dev-reset", data.display()))?;
    let found = found.trim();
    if found != major.to_string() {
        bail!(
            "the data in {} was written by PostgreSQL {found}, the one found here is {major}; \
             `make dev-reset` removes it",
            data.display()
        );
    }
    Ok(())
}

/// After a crash `postmaster.pid` may name a server that still runs (then it is told to end) or, after the id was given
/// to another program, one that would keep ours from starting.
async fn clear_stale_pid(data: &Path) -> Result<()> {
    let file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let id: i32 = text.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_server_of(id, data) {
        if Instant::now() > deadline {
            bail!(
                "a PostgreSQL of an earlier run (process {id}) still uses {} and does not end",
                data.display()
            );
        }
        let _ = signal::kill(Pid::from_raw(id), Signal::SIGINT);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("removing postmaster.pid")
        }
        _ => Ok(()),
    }
}

fn is_server_of(id: i32, data: &Path) -> bool {
    if id <= 1 {
        return false;
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", &id.to_string()]).output();
    let arguments = match fs::read_to_string(format!("/proc/{id}/cmdline")) {
        Ok(line) => line,
        Err(_) => output.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default(),
    };
    arguments.contains("postgres") && arguments.contains(&*data.to_string_lossy())
}
