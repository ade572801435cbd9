//! The Python environment in `.work/venv` that holds what no system package gives: the emulator, and PostgreSQL where
//! the machine has none.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::paths::Checkout;
use crate::process;

/// A virtual environment with packages of fixed versions.
#[derive(Debug, Clone)]
pub struct Venv {
    folder: PathBuf,
}

impl Venv {
    /// The environment of this checkout with `packages` (`name==version`) in it; makes and installs what is missing.
    /// Each package is noted in a stamp file only when it is in, so that an interrupted installation is repeated.
    ///
    /// # Errors
    /// Python or its `venv` module is missing, or the packages cannot be fetched.
    pub async fn with(checkout: &Checkout, packages: &[&str]) -> Result<Self> {
        let venv = Self { folder: checkout.work().join("venv") };
        fs::create_dir_all(checkout.work()).context("making .work")?;
        let missing = venv.missing(packages);
        if missing.is_empty() {
            return Ok(venv);
        }
        let _lock = lock(checkout.work().join("venv.lock")).await?;
        let missing = venv.missing(packages);
        if missing.is_empty() {
            return Ok(venv);
        }
        if !venv.python().is_file() || !venv.stamps().is_dir() {
            venv.make().await?;
        }
        venv.install(&missing).await?;
        Ok(venv)
    }

    /// A program that a package brought.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The folder of an installed Python package.
    ///
    /// # Errors
    /// It is not there.
    pub fn package(&self, name: &str) -> Result<PathBuf> {
        let libraries = self.folder.join("lib");
        let entries = fs::read_dir(&libraries).with_context(|| format!("reading {}", libraries.display()))?;
        entries
            .flatten()
            .map(|entry| entry.path().join("site-packages").join(name))
            .find(|folder| folder.is_dir())
            .with_context(|| format!("no Python package {name} under {}", libraries.display()))
    }

    fn python(&self) -> PathBuf {
        self.program("python")
    }

    fn stamps(&self) -> PathBuf {
        self.folder.join("installed")
    }

    fn missing<'a>(&self, packages: &[&'a str]) -> Vec<&'a str> {
        let there = |package: &&str| self.stamps().join(package).is_file() && self.python().is_file();
        packages.iter().copied().filter(|package| !there(package)).collect()
    }

    async fn make(&self) -> Result<()> {
        let Some(python) = process::find_program("python3") else {
            bail!(
                "python3 is missing: the AWS emulator runs in it. On Debian: apt-get install python3 python3-venv"
            );
        };
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--clear"]).arg(&self.folder);
        process::run(command).await.context(
            "python3 cannot make a virtual environment. On Debian its venv module is a package of its own: \
             apt-get install python3-venv",
        )?;
        fs::create_dir_all(self.stamps()).context("making the folder of stamps")
    }

    async fn install(&self, packages: &[&str]) -> Result<()> {
        let mut command = Command::new(self.python());
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
        process::run(command).await.with_context(|| {
            format!(
                "installing {}: is the package index reachable (pip's settings, a proxy)?",
                packages.join(", ")
            )
        })?;
        for package in packages {
            File::create(self.stamps().join(package)).context("writing a stamp")?;
        }
        Ok(())
    }
}

/// Waits for the lock: another run may be installing the same.
pub(crate) async fn lock(path: PathBuf) -> Result<File> {
    tokio::task::spawn_blocking(move || {
        let file = open(&path)?;
        file.lock().with_context(|| format!("locking {}", path.display()))?;
        Ok(file)
    })
    .await?
}

fn open(path: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.with_context(|| format!("opening {}", path.display()))
}
