//! Programs of Debian's packages, for machines where they are not installed and nobody is to be asked for root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::paths::Checkout;
use crate::process;
use crate::venv;

/// Where a package may keep a program.
const FOLDERS: [&str; 4] = ["usr/sbin", "usr/bin", "sbin", "bin"];

/// A program, and where its libraries are if not at their usual place.
#[derive(Debug, Clone)]
pub struct DebianProgram {
    program: PathBuf,
    libraries: Vec<PathBuf>,
}

impl DebianProgram {
    /// The machine's `name`; else the one in `packages`, fetched with apt and unpacked in `.work/debian/NAME`.
    ///
    /// # Errors
    /// There is none, and no apt to fetch it with.
    pub async fn find_or_unpack(checkout: &Checkout, name: &str, packages: &[&str]) -> Result<Self> {
        if let Some(installed) = Self::installed(name) {
            return Ok(installed);
        }
        let (Some(apt), Some(dpkg)) = (process::find_program("apt-get"), process::find_program("dpkg-deb"))
        else {
            bail!("{name} is missing. On Debian: apt-get install {}", packages.join(" "));
        };
        let folder = checkout.work().join("debian").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let _lock = venv::lock(folder.join("lock")).await?;
        let root = folder.join("root");
        if !root.is_dir() {
            let (packed, unpacking) = (folder.join("packages"), folder.join("unpacking"));
            for again in [&packed, &unpacking] {
                let _ = fs::remove_dir_all(again);
                fs::create_dir_all(again).with_context(|| format!("making {}", again.display()))?;
            }
            let mut command = Command::new(apt);
            command.args(["download", "--quiet"]).args(packages).current_dir(&packed);
            process::run(command).await.with_context(|| {
                format!("fetching {name}. With root: apt-get update; apt-get install {}", packages.join(" "))
            })?;
            for package in fs::read_dir(&packed)?.flatten() {
                let mut command = Command::new(&dpkg);
                command.arg("--extract").arg(package.path()).arg(&unpacking);
                process::run(command).await?;
            }
            // Whole or not at all.
            fs::rename(&unpacking, &root).with_context(|| format!("moving to {}", root.display()))?;
        }
        let program = in_folder(&root, name).with_context(|| format!("no {name} in {}", root.display()))?;
        Ok(Self { program, libraries: libraries(&root) })
    }

    /// The machine's `name`, if it has one.
    #[must_use]
    pub fn installed(name: &str) -> Option<Self> {
        let program = process::find_program(name).or_else(|| in_folder(Path::new("/"), name))?;
        Some(Self { program, libraries: Vec::new() })
    }

    /// A command that starts it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        self.tell_libraries(&mut command);
        command
    }

    /// Adds the program to a `command` that starts another, as `taskset` does.
    pub fn start<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        self.tell_libraries(command);
        command.arg(&self.program)
    }

    fn tell_libraries(&self, command: &mut Command) {
        if let Ok(path) = std::env::join_paths(&self.libraries)
            && !self.libraries.is_empty()
        {
            command.env("LD_LIBRARY_PATH", path);
        }
    }
}

fn in_folder(root: &Path, name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| root.join(folder).join(name)).find(|file| process::is_executable(file))
}

/// `usr/lib` and its folders of one architecture.
fn libraries(root: &Path) -> Vec<PathBuf> {
    let usual = root.join("usr/lib");
    let of_architectures = fs::read_dir(&usual).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_architectures = of_architectures.filter(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    of_architectures.chain([usual.clone()]).collect()
}
