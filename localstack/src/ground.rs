//! A PostgreSQL and an emulator for one run, on ports and in a folder of their own: what tests stand on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use futures::try_join;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::emulator::{self, Emulator};
use crate::paths::Checkout;
use crate::ports::Port;
use crate::postgres::{self, Binaries, Cluster, Durability, RunAs};

/// Both servers. They end with this process even if it is killed.
#[derive(Debug)]
pub struct Ground {
    cluster: Cluster,
    emulator: Emulator,
    folders: Vec<PathBuf>,
}

impl Ground {
    /// Starts both, empty. Nothing of it survives: PostgreSQL does not even wait for the disk.
    ///
    /// # Errors
    /// One cannot be found, installed or started.
    pub async fn start(checkout: &Checkout) -> Result<Self> {
        Self::start_with(checkout, Durability::Nothing).await
    }

    /// Starts both, empty, a PostgreSQL that may be killed. Nothing of it survives the [`Ground`].
    ///
    /// # Errors
    /// One cannot be found, installed or started.
    pub async fn start_killable(checkout: &Checkout) -> Result<Self> {
        Self::start_with(checkout, Durability::Crash).await
    }

    async fn start_with(checkout: &Checkout, durability: Durability) -> Result<Self> {
        let run_as = RunAs::choose()?;
        sweep(checkout, &run_as);
        let folder = folder(checkout);
        let (data, moved) = checkout.reachable(&folder.join("postgres"), run_as.is_other())?;
        if moved {
            println!("  PostgreSQL's data lies in {}: its user cannot reach the checkout", data.display());
        }
        let postgres = async {
            let binaries = Binaries::find_or_install(checkout, &run_as).await?;
            let log = folder.join("postgres.log");
            let port = Port::any()?;
            let run_as = run_as.clone();
            let settings = postgres::Settings { folder: data.clone(), log, port, durability, run_as };
            Cluster::start(&binaries, settings).await
        };
        let emulator = async {
            let log = folder.join("emulator.log");
            let folder = folder.join("emulator");
            let settings = emulator::Settings { folder, log, port: Port::any()?, persistent: false };
            Emulator::start(checkout, settings).await
        };
        let (cluster, emulator) = try_join!(postgres, emulator)?;
        Ok(Self { cluster, emulator, folders: vec![data, folder] })
    }

    /// A superuser's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.cluster.url("postgres")
    }

    /// The emulator.
    #[must_use]
    pub fn aws_endpoint(&self) -> String {
        self.emulator.url()
    }

    /// What a program needs to find both, as [`crate::Options::from_env`] reads it.
    #[must_use]
    pub fn environment(&self, binaries: &Path) -> Vec<(&'static str, String)> {
        vec![
            ("TEST_DATABASE_URL", self.database_url()),
            ("AWS_ENDPOINT_URL", self.aws_endpoint()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", crate::aws::REGION.to_owned()),
            ("AWS_ACCOUNT_ID", crate::aws::ACCOUNT_ID.to_owned()),
            ("CARTWRIGHT_BIN_DIR", binaries.display().to_string()),
        ]
    }

    /// Kills PostgreSQL and all its processes at once (SIGKILL). What was committed is there again after
    /// [`Ground::start_postgres`], if the ground was made by [`Ground::start_killable`].
    ///
    /// # Errors
    /// Its processes cannot be listed.
    pub fn kill_postgres(&mut self) -> Result<()> {
        self.cluster.kill()
    }

    /// Starts a killed PostgreSQL again, on its old port, and waits until it has recovered.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start_postgres(&mut self) -> Result<()> {
        self.cluster.start_again().await
    }

    /// Stops the emulator where it stands (SIGSTOP): it takes connections and answers nothing, as a service that hangs.
    pub fn pause_emulator(&mut self) {
        self.emulator.pause();
    }

    /// Lets a paused emulator go on, with all that it holds.
    pub fn resume_emulator(&mut self) {
        self.emulator.resume();
    }

    /// Ends both and removes their data.
    ///
    /// # Errors
    /// The data cannot be removed.
    pub async fn stop(self) -> Result<()> {
        futures::join!(self.cluster.stop(), self.emulator.stop());
        for folder in self.folders {
            remove(&folder)?;
        }
        Ok(())
    }
}

/// What this process keeps for one run lies here. It goes with the [`Ground`], or by the next run's if that is killed.
#[must_use]
pub fn folder(checkout: &Checkout) -> PathBuf {
    folder_of(checkout, std::process::id())
}

fn folder_of(checkout: &Checkout, process: u32) -> PathBuf {
    checkout.work().join(format!("test-{process}"))
}

/// Removes what runs left behind that were killed.
fn sweep(checkout: &Checkout, run_as: &RunAs) {
    for entry in fs::read_dir(checkout.work()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(id) = name.strip_prefix("test-").and_then(|id| id.parse::<u32>().ok()) else { continue };
        if is_alive(id) {
            continue;
        }
        // What cannot be removed is in nobody's way.
        if let Ok((data, true)) = checkout.reachable(&entry.path().join("postgres"), run_as.is_other()) {
            let _ = remove(&data);
        }
        let _ = remove(&entry.path());
    }
}

fn is_alive(id: u32) -> bool {
    i32::try_from(id).is_ok_and(|id| kill(Pid::from_raw(id), None).is_ok())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}
