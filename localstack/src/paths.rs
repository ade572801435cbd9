//! Where things lie in the checkout. Everything that the runner makes is under the git-ignored `.work/`.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The checkout.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// Finds the checkout around the working directory: the nearest folder that holds the workspace's `Cargo.toml` and
    /// `localstack/`.
    ///
    /// # Errors
    /// Outside of a checkout.
    pub fn find() -> Result<Self> {
        let start = std::env::current_dir().context("reading the working directory")?;
        for folder in start.ancestors() {
            if folder.join("localstack/Cargo.toml").is_file() && folder.join("Cargo.toml").is_file() {
                return Ok(Self { root: folder.to_path_buf() });
            }
        }
        bail!("{} is not inside a checkout of Cartwright; change into it and try again", start.display())
    }

    /// The folder of the workspace's `Cargo.toml`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `.work/`: downloads, data and logs.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.root.join(".work")
    }

    /// `.work/addresses.env`: where everything of the running stack listens.
    #[must_use]
    pub fn addresses(&self) -> PathBuf {
        self.work().join("addresses.env")
    }

    /// A folder that `user` can reach: `wanted`, unless a parent of it (a home folder of mode 0700) keeps others out.
    /// Then it is a folder under the system's temporary one, the same for each call; the second value says that.
    ///
    /// # Errors
    /// When neither can be made.
    pub fn reachable(&self, wanted: &Path, others: bool) -> Result<(PathBuf, bool)> {
        fs::create_dir_all(wanted).with_context(|| format!("making {}", wanted.display()))?;
        if !others || reachable_by_others(wanted) {
            return Ok((wanted.to_path_buf(), false));
        }
        let mut hasher = DefaultHasher::new();
        wanted.hash(&mut hasher);
        let folder = std::env::temp_dir().join(format!("cartwright-{:016x}", hasher.finish()));
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        if !reachable_by_others(&folder) {
            bail!(
                "neither {} nor {} can be reached by the user that PostgreSQL runs as (it refuses to run as root); \
                 move the checkout to a folder that others may enter, or run as an ordinary user",
                wanted.display(),
                folder.display()
            );
        }
        Ok((folder, true))
    }
}

/// Whether somebody who is neither owner nor in the group may enter every folder above `path`.
fn reachable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty())
        .all(|folder| fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_below_a_private_one_is_replaced_for_others() {
        let private = tempfile::tempdir().unwrap();
        fs::set_permissions(private.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let checkout = Checkout { root: private.path().to_path_buf() };
        let wanted = private.path().join(".work/postgres");

        assert_eq!(checkout.reachable(&wanted, false).unwrap(), (wanted.clone(), false));
        let (folder, moved) = checkout.reachable(&wanted, true).unwrap();

        assert!(moved);
        assert!(!folder.starts_with(private.path()));
        fs::remove_dir(folder).unwrap();
    }
}
