//! Ports that are free, and stay ours.
//!
//! Asking the system for a free port and closing it again leaves a moment in which it is given to somebody else. Here a
//! port is taken below the range that outgoing connections use, and held by a locked file for as long as the [`Port`]
//! lives, so that several stacks of one machine never choose the same.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use cartwright_types::random;

/// The first port that is given when none is wanted.
const FIRST: u16 = 18_000;
/// How many follow it; the sum stays below 32768, where Linux begins to take ports for outgoing connections.
const COUNT: u16 = 14_000;

/// A reserved port. Dropping it gives it back.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: Option<File>,
}

impl Port {
    /// The number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Any free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn any() -> Result<Self> {
        for _ in 0..COUNT {
            let offset = u16::try_from(random::below(COUNT.into())).context("an offset below COUNT fits")?;
            if let Some(port) = Self::claim(FIRST + offset)? {
                return Ok(port);
            }
        }
        bail!("no free port between {FIRST} and {}", FIRST + COUNT)
    }

    /// `wanted` if it is free, else any free port.
    ///
    /// # Errors
    /// When no port at all is free.
    pub fn wanted_or_any(wanted: u16) -> Result<Self> {
        match Self::claim(wanted)? {
            Some(port) => Ok(port),
            None => Self::any(),
        }
    }

    fn claim(number: u16) -> Result<Option<Self>> {
        let lock = lock_file(number)?;
        if lock.as_ref().is_some_and(|file| file.try_lock().is_err()) || !is_free(number) {
            return Ok(None);
        }
        Ok(Some(Self { number, _lock: lock }))
    }
}

/// Whether nobody listens on the port of 127.0.0.1.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The port's lock file, shared by all users of the machine; without one (another user's, a read-only folder) the port
/// is merely probed.
fn lock_file(number: u16) -> Result<Option<File>> {
    use std::os::unix::fs::PermissionsExt as _;

    let folder: PathBuf = std::env::temp_dir().join("cartwright-ports");
    if fs::create_dir_all(&folder).is_err() {
        return Ok(None);
    }
    // Fails when another user made it, who then has opened it already.
    let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777));
    let path = folder.join(number.to_string());
    match File::options().create(true).truncate(false).write(true).open(&path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error).with_context(|| format!("opening {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_held_is_not_given_twice() {
        let first = Port::any().unwrap();
        let second = Port::wanted_or_any(first.number()).unwrap();
        assert_ne!(first.number(), second.number());
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_given() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert_ne!(Port::wanted_or_any(taken).unwrap().number(), taken);
    }

    #[test]
    fn a_port_comes_back_when_its_holder_is_dropped() {
        let number = Port::any().unwrap().number();
        assert_eq!(Port::wanted_or_any(number).unwrap().number(), number);
    }
}
