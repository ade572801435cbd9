//! A program run out of an image's root, as ECS runs it: names from the files that it is given, an ordinary user, a root
//! that nobody can write to.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use nix::unistd::Uid;

/// The user and group of an image, as its Dockerfile says.
pub const USER: &str = "65532:65532";

/// In a mount namespace of its own the root becomes read-only, and is entered without any right that root has.
const ENTER: &str = r#"root=$1; shift
mount --bind "$root" "$root" && mount -o remount,bind,ro,nosuid,nodev "$root" || exit 125
exec setpriv --no-new-privs -- env -i "$@""#;

/// An unpacked image that is given its two files.
#[derive(Debug)]
pub struct Container {
    root: PathBuf,
    chroot: PathBuf,
}

impl Container {
    /// Writes `/etc/hosts` and `/etc/resolv.conf` into the root.
    ///
    /// # Errors
    /// Without root's rights, or a tool is missing.
    pub fn new(root: PathBuf, hosts: &BTreeMap<String, Ipv4Addr>, nameserver: Ipv4Addr) -> Result<Self> {
        ensure!(Uid::effective().is_root(), "only root can enter an image; run it as root");
        let find = |name: &str| {
            let missing = || format!("{name} is missing. On Debian: apt-get install util-linux coreutils");
            crate::process::find_program(name).with_context(missing)
        };
        for name in ["unshare", "mount", "setpriv"] {
            find(name)?;
        }
        let lines = hosts.iter().map(|(name, address)| format!("{address} {name}\n"));
        let lines = std::iter::once("127.0.0.1 localhost\n".to_owned()).chain(lines);
        fs::write(root.join("etc/hosts"), lines.collect::<String>()).context("writing etc/hosts")?;
        let resolver = format!("nameserver {nameserver}\noptions timeout:1 attempts:1\n");
        fs::write(root.join("etc/resolv.conf"), resolver).context("writing etc/resolv.conf")?;
        Ok(Self { root, chroot: find("chroot")? })
    }

    /// `/service` with `arguments` and exactly these variables.
    #[must_use]
    pub fn service(&self, arguments: &[&str], variables: &BTreeMap<String, String>) -> Command {
        let mut command = self.enter(variables);
        command.arg("/service").args(arguments);
        command
    }

    /// Any program of the root, to find out that there is none.
    #[must_use]
    pub fn program(&self, path: &str) -> Command {
        let mut command = self.enter(&BTreeMap::new());
        command.arg(path);
        command
    }

    fn enter(&self, variables: &BTreeMap<String, String>) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-c", ENTER, "sh"]).arg(&self.root);
        command.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(&self.chroot).args(["--groups=", &format!("--userspec={USER}")]).arg(&self.root);
        command
    }
}
