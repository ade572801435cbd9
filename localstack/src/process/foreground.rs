//! A command that the user sees and talks to.

use std::io::IsTerminal as _;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

use super::spawner;

/// Runs `command` in the terminal to its end. A Ctrl-C there reaches it directly; when we are told to end, it is told
/// so too, and its end is waited for.
///
/// # Errors
/// The program cannot be started.
pub async fn foreground(command: Command) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let mut hang_ups = signal(SignalKind::hangup())?;
    let command = spawner::dying_with_us(command, Signal::SIGTERM);
    let mut child = spawner::spawn(command).with_context(|| format!("starting {program}"))?;
    let id = Pid::from_raw(i32::try_from(child.id()).context("a process id fits")?);
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("waiting for {program}"))? {
            return Ok(status);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(20)) => continue,
            _ = interrupts.recv() => if std::io::stdin().is_terminal() { continue },
            _ = terminations.recv() => {}
            _ = hang_ups.recv() => {}
        }
        // It may have ended in this moment; then there is nobody to tell.
        let _ = kill(id, Signal::SIGTERM);
    }
}
