//! The zip that Lambda takes: the program as `bootstrap`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;

use crate::Service;
use crate::process::{find_program, is_executable, run};

use super::deployed_name;

/// Python's `zipfile` makes it; Python is here for the emulator anyway.
const ZIP: &str = include_str!("zip.py");

/// A service's package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Whose.
    pub service: Service,
    /// The zip.
    pub file: PathBuf,
    /// The size of the program in it, in bytes.
    pub program: u64,
    /// The size of the zip, in bytes.
    pub zip: u64,
}

/// Zips the five programs of `binaries` to `folder/NAME.zip`, without their symbols where a tool for that is there.
/// `level` is zlib's: 1 is fast, 9 is small.
///
/// # Errors
/// A program is missing, or Python is.
pub async fn package(binaries: &Path, folder: &Path, level: u8) -> Result<Vec<Package>> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    try_join_all(Service::ALL.map(|service| one(service, binaries, folder, level))).await
}

/// What functions built here run on, in Lambda's words: `arm64` or `x86_64`.
#[must_use]
pub const fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}

async fn one(service: Service, binaries: &Path, folder: &Path, level: u8) -> Result<Package> {
    let built = binaries.join(service.name());
    anyhow::ensure!(is_executable(&built), "{} is not there: build it first", built.display());
    let (name, stripped) = (deployed_name(service), folder.join(format!("{service}.stripped")));
    let program = if strip(&built, &stripped).await { &stripped } else { &built };
    let file = folder.join(format!("{name}.zip"));
    let mut command = Command::new("python3");
    command.args(["-c", ZIP]).arg(program).arg(&file).arg(level.to_string());
    run(command).await.with_context(|| format!("zipping {name}"))?;
    let size = |path: &Path| fs::metadata(path).map(|data| data.len());
    let package = Package { service, program: size(program)?, zip: size(&file)?, file };
    let _ = fs::remove_file(&stripped);
    Ok(package)
}

/// False where there is no tool, or it does not know the format; then the program goes as it is.
async fn strip(built: &Path, stripped: &Path) -> bool {
    let Some(tool) = find_program("strip").or_else(|| find_program("llvm-strip")) else { return false };
    let mut command = Command::new(tool);
    command.arg("-o").arg(stripped).arg(built);
    run(command).await.is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_package_holds_the_program_as_bootstrap_which_may_be_run() {
        let folder = tempfile::tempdir().unwrap();
        for service in Service::ALL {
            let program = folder.path().join(service.name());
            fs::write(&program, format!("#!/bin/sh\necho {service}\n")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let packages = package(folder.path(), &folder.path().join("zips"), 9).await.unwrap();

        assert_eq!(packages.len(), 5);
        let order = packages.iter().find(|package| package.service == Service::Order).unwrap();
        assert!(order.file.ends_with("order-service.zip"));
        let mut command = Command::new("python3");
        command.args(["-c", "import sys, zipfile\nfor e in zipfile.ZipFile(sys.argv[1]).infolist(): print(e.filename, oct(e.external_attr >> 16))"]);
        command.arg(&order.file);
        assert_eq!(run(command).await.unwrap().trim(), "bootstrap 0o100755");
    }

    #[tokio::test]
    async fn a_program_that_is_not_built_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = package(folder.path(), &folder.path().join("zips"), 1).await.unwrap_err();
        assert!(error.to_string().contains("build it first"), "{error:#}");
    }
}
