//! What a test may choose.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::ground::Ground;
use crate::paths::Checkout;

/// Where a [`super::Stack`] runs and how it differs from the usual.
#[derive(Debug, Clone)]
pub struct Options {
    /// A superuser's URL of the PostgreSQL server.
    pub superuser_url: String,
    /// The emulator.
    pub aws_endpoint: String,
    /// Redis, if the gateway shall use it.
    pub redis_url: Option<String>,
    /// The folder of the built services.
    pub binaries: PathBuf,
    /// A folder for logs; the stack makes its own in it.
    pub logs: PathBuf,
    /// `LOG_LEVEL` of the services.
    pub log_level: String,
    /// Whether the demo catalogue is loaded.
    pub catalogue: bool,
    /// Whether its pictures are drawn and uploaded, which takes seconds.
    pub images: bool,
    /// Variables set over those that all services get.
    pub overrides: BTreeMap<String, String>,
}

impl Options {
    /// From `TEST_DATABASE_URL`, `AWS_ENDPOINT_URL` and `CARTWRIGHT_BIN_DIR` (default: where this program was built),
    /// which `make test` sets. With the catalogue, without pictures.
    ///
    /// # Errors
    /// One of the first two is missing.
    pub fn from_env() -> Result<Self> {
        let read = |name: &str| {
            env::var(name).with_context(|| {
                format!("{name} is not set: run by `make test`, or by `cargo run -p localstack -- exec -- COMMAND`")
            })
        };
        Self::at(read("TEST_DATABASE_URL")?, read("AWS_ENDPOINT_URL")?)
    }

    /// On servers of one's own; the rest as [`Options::from_env`].
    ///
    /// # Errors
    /// Outside of a checkout.
    pub fn on(ground: &Ground) -> Result<Self> {
        Self::at(ground.database_url(), ground.aws_endpoint())
    }

    fn at(superuser_url: String, aws_endpoint: String) -> Result<Self> {
        let binaries = match env::var_os("CARTWRIGHT_BIN_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => beside_this_program()?,
        };
        let mut options = Self::here(&Checkout::find()?);
        if let Some(folder) = env::var_os("CARTWRIGHT_LOG_DIR") {
            options.logs = PathBuf::from(folder);
        }
        Ok(Self { superuser_url, aws_endpoint, binaries, ..options })
    }

    /// All but where the servers and programs are, which is left empty: logs under `.work/logs/`, with the catalogue,
    /// without pictures.
    #[must_use]
    pub fn here(checkout: &Checkout) -> Self {
        Self {
            superuser_url: String::new(),
            aws_endpoint: String::new(),
            redis_url: None,
            binaries: PathBuf::new(),
            logs: checkout.work().join("logs"),
            log_level: env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned()),
            catalogue: true,
            images: false,
            overrides: BTreeMap::new(),
        }
    }

    /// Sets a variable for all services, as `ORDER_EXPIRY_SECONDS`.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.overrides.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Leaves the catalogue empty.
    #[must_use]
    pub fn without_catalogue(mut self) -> Self {
        self.catalogue = false;
        self
    }
}

/// `target/debug`, of a program or a test (in `target/debug/deps`) that was built there.
fn beside_this_program() -> Result<PathBuf> {
    let program = env::current_exe().context("finding this program's own path")?;
    let folder = program.parent().context("a program lies in a folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_path_buf())
}
