//! buildah: builds and pushes images without a daemon.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;

/// buildah with a store of its own, which goes when this is dropped.
#[derive(Debug)]
pub struct Buildah {
    program: PathBuf,
    store: PathBuf,
}

impl Buildah {
    /// The one on `PATH`, with an empty store in `store`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(store: &Path) -> Result<Self> {
        let program = process::find_program("buildah").context(
            "buildah is missing. On Debian: apt-get install buildah. With Docker instead: \
             docker build -f functions/Dockerfile --build-arg SERVICE=order .",
        )?;
        fs::create_dir_all(store).with_context(|| format!("making {}", store.display()))?;
        Ok(Self { program, store: store.to_path_buf() })
    }

    /// `buildah`, to be given a command. Plain folders hold its images: that works on every file system.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--storage-driver", "vfs", "--root"]).arg(self.store.join("images"));
        command.arg("--runroot").arg(self.store.join("run"));
        command
    }

    /// A folder for files that go with the store.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }
}

impl Drop for Buildah {
    fn drop(&mut self) {
        // The next run sweeps what is left.
        let _ = fs::remove_dir_all(&self.store);
    }
}
