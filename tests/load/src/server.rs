//! A PostgreSQL for one benchmark, which waits for its disk as a shop's does.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use localstack::paths::Checkout;
use localstack::ports::Port;
use localstack::postgres::{Binaries, Cluster, Durability, RunAs, Settings};

/// The server, and where its things lie. They go with [`Server::stop`].
pub struct Server {
    /// The running server.
    pub cluster: Cluster,
    /// Its programs.
    pub binaries: Binaries,
    /// For what else the benchmark keeps meanwhile.
    pub folder: PathBuf,
    data: PathBuf,
}

impl Server {
    /// Starts one, empty, for the benchmark of this name.
    ///
    /// # Errors
    /// It cannot be found, installed or started.
    pub async fn start(name: &str) -> Result<Self> {
        let checkout = Checkout::find()?;
        let run_as = RunAs::choose()?;
        let binaries = Binaries::find_or_install(&checkout, &run_as).await?;
        let folder = checkout.work().join(format!("bench-{name}-{}", std::process::id()));
        let (data, _) = checkout.reachable(&folder.join("postgres"), run_as.is_other())?;
        Self::on(binaries, folder, data).await
    }

    async fn on(binaries: Binaries, folder: PathBuf, data: PathBuf) -> Result<Self> {
        let settings = Settings {
            folder: data.clone(),
            log: folder.join("postgres.log"),
            port: Port::any()?,
            durability: Durability::PowerCut,
            run_as: RunAs::choose()?,
        };
        let cluster = Cluster::start(&binaries, settings).await?;
        Ok(Self { cluster, binaries, folder, data })
    }

    /// Starts it anew with all that it holds, at another port: settings that need it hold then.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn restart(self) -> Result<Self> {
        let Self { cluster, binaries, folder, data } = self;
        cluster.stop().await;
        Self::on(binaries, folder, data).await
    }

    /// Ends it and removes what it holds.
    ///
    /// # Errors
    /// A folder cannot be removed.
    pub async fn stop(self) -> Result<()> {
        self.cluster.stop().await;
        for folder in [self.data, self.folder] {
            if folder.exists() {
                std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
            }
        }
        Ok(())
    }
}
