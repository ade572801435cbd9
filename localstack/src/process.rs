//! Child processes that do not outlive us: a process group each, output to a file and, prefixed, to the terminal.

mod foreground;
mod output;
mod spawner;

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

pub use foreground::foreground;
pub use output::{Console, tail};

/// What is done with the child's output.
#[derive(Debug, Clone)]
pub struct Log {
    /// All of it is appended here.
    pub file: PathBuf,
    /// And shown here.
    pub console: Console,
}

/// A running program, the leader of its own process group: a Ctrl-C in the terminal reaches only us, and we end it in
/// order. Dropping it kills the group.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `command` with its output going to `log`. Should we die without a word (SIGKILL), the system sends the
    /// child `at_our_death`, where that can be had (Linux with util-linux).
    ///
    /// # Errors
    /// The program cannot be started, or the log cannot be written.
    pub fn start(name: &str, command: Command, log: &Log, at_our_death: Signal) -> Result<Self> {
        Self::start_as(None, name, command, log, at_our_death)
    }

    /// As [`Process::start`], as another user (user and group id), which only root can do.
    ///
    /// # Errors
    /// The program cannot be started, or the log cannot be written.
    pub fn start_as(
        user: Option<(u32, u32)>,
        name: &str,
        command: Command,
        log: &Log,
        at_our_death: Signal,
    ) -> Result<Self> {
        if let Some(folder) = log.file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let mut command = spawner::dying_with_us(command, at_our_death);
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some((user, group)) = user {
            command.uid(user).gid(group);
        }
        let mut child = spawner::spawn(command).with_context(|| format!("starting {program}"))?;
        output::pump(name, &mut child, log)?;
        Ok(Self { name: name.to_owned(), child, log: log.file.clone(), status: None })
    }

    /// Its process id, which is that of its group too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended; None while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// Sends a signal to the process alone.
    pub fn signal(&mut self, signal: Signal) {
        if self.ended().is_none() {
            // It may have ended since; then there is nobody to tell.
            let _ = signal::kill(self.pid(), signal);
        }
    }

    /// Kills the whole group at once and takes note of the end.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            let _ = signal::killpg(self.pid(), Signal::SIGKILL);
            self.status = self.child.wait().ok();
        }
    }

    /// Asks it to end by `signal` and waits; after `patience` it is killed. True if it ended by itself.
    pub async fn stop(&mut self, signal: Signal, patience: Duration) -> bool {
        self.signal(signal);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.ended().is_some() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let ended = self.ended().is_some();
        self.kill();
        ended
    }

    /// A sentence on how it ended and the last lines that it wrote.
    pub fn obituary(&mut self) -> String {
        let end = self.ended().map_or_else(|| "does not answer".to_owned(), describe);
        format!("{} {end}. Its last lines ({}):\n{}", self.name, self.log.display(), tail(&self.log, 15))
    }

    fn pid(&self) -> Pid {
        // Process ids are positive and fit.
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `ended with exit code 1`, `was ended by signal 9`.
#[must_use]
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// Runs `command` to its end, all output kept, and fails with that output unless it succeeded.
///
/// # Errors
/// The program cannot be started, or fails.
pub async fn run(command: Command) -> Result<String> {
    run_with_input(command, None).await
}

/// As [`run`], with `input` on its standard input.
///
/// # Errors
/// The program cannot be started, or fails.
pub async fn run_with_input(mut command: Command, input: Option<String>) -> Result<String> {
    let shown = shown(&command);
    let work = move || -> Result<std::process::Output> {
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pipe = child.stdin.take();
        let writer = std::thread::spawn(move || {
            use std::io::Write as _;
            if let (Some(mut pipe), Some(text)) = (pipe, input) {
                // A program that ends before it has read everything says why itself.
                let _ = pipe.write_all(text.as_bytes());
            }
        });
        let output = child.wait_with_output()?;
        let _ = writer.join();
        Ok(output)
    };
    let output = tokio::task::spawn_blocking(work).await?.with_context(|| format!("starting {shown}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::bail!("{shown} {}:\n{}{}", describe(output.status), stdout, stderr)
}

/// The program and its arguments, without its environment: that holds passwords.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The path of a program on `PATH`.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

/// Whether the file is there and may be run.
#[must_use]
pub fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn start(script: &str, folder: &Path) -> Process {
        let log = Log { file: folder.join("log"), console: Console::Silent };
        Process::start("probe", shell(script), &log, Signal::SIGKILL).unwrap()
    }

    #[tokio::test]
    async fn a_program_that_ends_when_asked_is_not_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mut process =
            start("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done", folder.path());
        while tail(&folder.path().join("log"), 1).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(process.stop(Signal::SIGTERM, Duration::from_secs(10)).await);
        assert_eq!(process.ended().unwrap().code(), Some(3));
    }

    #[tokio::test]
    async fn a_program_that_ignores_the_request_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = start("trap '' TERM; sleep 60 & echo $!; wait; wait", folder.path());
        let log = folder.path().join("log");
        while tail(&log, 1).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!process.stop(Signal::SIGTERM, Duration::from_millis(100)).await);

        let child = Pid::from_raw(tail(&log, 1).trim().parse().unwrap());
        let gone =
            |pid| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z"));
        for _ in 0..200 {
            if signal::kill(child, None).is_err() || gone(child) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the child of a killed program still runs");
    }

    #[tokio::test]
    async fn an_obituary_names_the_exit_code_and_shows_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = start("echo DATABASE_URL is missing >&2; exit 7", folder.path());
        while process.ended().is_none() || tail(&folder.path().join("log"), 1).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let text = process.obituary();
        assert!(text.contains("exit code 7") && text.contains("DATABASE_URL is missing"), "{text}");
    }

    #[tokio::test]
    async fn a_failing_command_is_reported_with_its_output_and_without_its_environment() {
        let mut command = shell("echo no such database >&2; exit 1");
        command.env("DATABASE_URL", "postgres://u:hidden@h/d");
        let text = format!("{:#}", run(command).await.unwrap_err());
        assert!(text.contains("no such database") && !text.contains("hidden"), "{text}");
    }

    #[tokio::test]
    async fn input_longer_than_a_pipe_arrives_whole() {
        let text = "x".repeat(300_000);
        assert_eq!(run_with_input(shell("wc -c"), Some(text)).await.unwrap().trim(), "300000");
    }
}
