//! An image's archive, loaded into buildah's store.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process::run;
use crate::tools::Buildah;

/// An OCI archive on disk.
#[derive(Debug, Clone)]
pub struct Archive {
    file: PathBuf,
}

impl Archive {
    /// The one in this file.
    #[must_use]
    pub fn at(file: PathBuf) -> Self {
        Self { file }
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Loads it; returns what buildah calls the image.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub async fn load(&self, buildah: &Buildah) -> Result<String> {
        let mut command = buildah.command();
        command.args(["pull", "--quiet"]).arg(format!("oci-archive:{}", self.file.display()));
        let id = run(command).await.with_context(|| format!("loading {}", self.file.display()))?;
        Ok(id.trim().to_owned())
    }

    /// The configuration of a loaded image: `User`, `Entrypoint`, `Labels`.
    ///
    /// # Errors
    /// There is no such image.
    pub async fn config(buildah: &Buildah, image: &str) -> Result<Value> {
        let mut command = buildah.command();
        command.args(["inspect", "--type", "image", image]);
        let mut all: Value = serde_json::from_str(&run(command).await?).context("reading an image")?;
        Ok(all["OCIv1"]["config"].take())
    }

    /// The root of a new container of a loaded image, which may be written to.
    ///
    /// # Errors
    /// Only root can mount it.
    pub async fn mount(buildah: &Buildah, image: &str) -> Result<PathBuf> {
        let mut command = buildah.command();
        command.args(["from", "--quiet", image]);
        let container = run(command).await?;
        let mut command = buildah.command();
        command.args(["mount", container.trim()]);
        Ok(PathBuf::from(run(command).await.context("mounting an image")?.trim()))
    }
}
