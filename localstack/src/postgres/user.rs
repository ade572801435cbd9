//! As whom the server runs: it refuses to run as root.

use anyhow::{Context as _, Result, bail};
use nix::unistd::{Uid, User};

/// The user of the server's processes and files.
#[derive(Debug, Clone)]
pub struct RunAs {
    other: Option<(u32, u32)>,
    name: String,
}

impl RunAs {
    /// Ourselves, or as root `postgres`, else `nobody`.
    ///
    /// # Errors
    /// As root on a machine that has neither.
    pub fn choose() -> Result<Self> {
        if !Uid::effective().is_root() {
            let name =
                User::from_uid(Uid::effective()).ok().flatten().map_or_else(String::new, |user| user.name);
            return Ok(Self { other: None, name });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).context("looking up a user")? {
                return Ok(Self { other: Some((user.uid.as_raw(), user.gid.as_raw())), name: user.name });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root and there is neither a user postgres nor nobody; run as another user"
        )
    }

    /// Whether that is somebody else than we are.
    #[must_use]
    pub fn is_other(&self) -> bool {
        self.other.is_some()
    }

    /// The ids, if it is somebody else.
    #[must_use]
    pub fn ids(&self) -> Option<(u32, u32)> {
        self.other
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
