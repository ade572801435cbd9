//! `dev`: everything on this machine, until Ctrl-C.

mod control;
mod running;

use std::fs::{self, File};

use anyhow::{Context as _, Result};
use clap::Args;
use localstack::paths::Checkout;
use tokio::signal::unix::{SignalKind, signal};

use super::addresses;
use control::Control;
use running::Running;

pub use control::ask;

/// What may be chosen.
#[derive(Debug, Args)]
pub struct Wishes {
    /// Where PostgreSQL listens, if that is free.
    #[arg(long, env = "POSTGRES_PORT", default_value_t = 5432)]
    pub postgres_port: u16,
    /// Where the AWS emulator listens, if that is free.
    #[arg(long, env = "EMULATOR_PORT", default_value_t = 4566)]
    pub emulator_port: u16,
    /// Where Redis listens, if it is installed and that is free.
    #[arg(long, env = "REDIS_PORT", default_value_t = 6379)]
    pub redis_port: u16,
    /// `LOG_LEVEL` of the services.
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    pub log_level: String,
    /// Writes the services' lines only to .work/logs/.
    #[arg(long)]
    pub quiet: bool,
}

/// Brings all up, shows where it is, and ends it when told.
pub async fn run(checkout: &Checkout, wishes: &Wishes) -> Result<u8> {
    let Some(_lock) = lock(checkout)? else { return Ok(already_running(checkout)) };
    addresses::remove(checkout);
    let mut signals = Signals::new()?;
    let control = Control::open(checkout).await?;
    let mut running = Running::default();
    let outcome = tokio::select! {
        outcome = serve(checkout, wishes, &control, &mut running) => outcome,
        () = signals.any() => Ok(()),
    };
    addresses::remove(checkout);
    if let Err(error) = &outcome {
        eprintln!("\n{error:#}\n");
    }
    println!("\nstopping");
    tokio::select! {
        () = running.stop() => println!("stopped; the data stays in .work/ (`make dev-reset` removes it)"),
        () = signals.any() => println!("killed"),
    }
    Ok(u8::from(outcome.is_err()))
}

/// The lock of a running `dev`, or None if there is one. The system frees it however the holder ends.
pub fn lock(checkout: &Checkout) -> Result<Option<File>> {
    let folder = checkout.work().join("run");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join("dev.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error).context("locking .work/run/dev.lock"),
    }
}

fn already_running(checkout: &Checkout) -> u8 {
    match addresses::read(checkout) {
        Some(addresses) => {
            println!("it runs already; `make dev-stop` ends it");
            addresses::print(&addresses);
        }
        None => println!("another `make dev` of this checkout is starting or stopping; wait for it"),
    }
    0
}

async fn serve(checkout: &Checkout, wishes: &Wishes, control: &Control, running: &mut Running) -> Result<()> {
    running.start(checkout, wishes).await?;
    let found = running.addresses();
    addresses::write(checkout, &found)?;
    addresses::print(&found);
    println!(
        "  Ctrl-C ends it; in another terminal: make demo, make restart S=order, make psql S=order, make doctor\n"
    );
    control.serve(running).await
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
