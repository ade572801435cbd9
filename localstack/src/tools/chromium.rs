//! A Chromium without a window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Packages;
use crate::paths::Checkout;
use crate::process;
use crate::venv;

/// What it is called on `PATH`.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// The npm package that carries one, for machines without.
const PACKAGE: &str = "@sparticuz/chromium";
const ADVICE: &str = "on Debian: apt-get install chromium";

/// A browser that starts here.
#[derive(Debug, Clone)]
pub struct Chromium {
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Chromium {
    /// The one on `PATH`, else the one of the npm packages, unpacked into `.work/chromium`.
    ///
    /// # Errors
    /// There is none that starts.
    pub async fn find_or_install(checkout: &Checkout, packages: &Packages) -> Result<Self> {
        for program in NAMES.iter().filter_map(|name| process::find_program(name)) {
            let found = Self { program, environment: Vec::new() };
            if found.starts().await {
                return Ok(found);
            }
        }
        let folder = checkout.work().join("chromium");
        let stamp = folder.join("unpacked");
        let wanted = packed_version(packages)?;
        let is_in = || fs::read_to_string(&stamp).is_ok_and(|there| there == wanted);
        if !is_in() {
            fs::create_dir_all(checkout.work()).context("making .work")?;
            let _lock = venv::lock(checkout.work().join("chromium.lock")).await?;
            if !is_in() {
                unpack(packages, &folder).await?;
                fs::write(&stamp, &wanted).context("noting that Chromium is unpacked")?;
            }
        }
        Self::unpacked(&folder).await
    }

    /// What starts it.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What it needs in its environment.
    #[must_use]
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// With its own fonts beside the system's, and its own copies of system libraries only where the system has none.
    async fn unpacked(folder: &Path) -> Result<Self> {
        let fonts = ("FONTCONFIG_FILE", folder.join("fonts.conf").display().to_string());
        let libraries = ("LD_LIBRARY_PATH", folder.join("al2023/lib").display().to_string());
        let program = folder.join("chromium");
        for environment in [vec![fonts.clone()], vec![fonts, libraries]] {
            let found = Self { program: program.clone(), environment };
            if found.starts().await {
                return Ok(found);
            }
        }
        bail!("the Chromium of the npm package {PACKAGE} does not start here; {ADVICE}")
    }

    async fn starts(&self) -> bool {
        let mut command = Command::new(&self.program);
        command.args(["--no-sandbox", "--headless", "--version"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        process::run(command).await.is_ok_and(|text| text.contains("Chrom"))
    }
}

fn packed_version(packages: &Packages) -> Result<String> {
    let path = packages.file(PACKAGE).join("package.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let package: Value =
        serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    package["version"].as_str().map(str::to_owned).context("a package without a version")
}

/// The package unpacks itself into the temporary folder; the last variable makes it unpack its libraries too.
async fn unpack(packages: &Packages, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context("removing a Chromium that was unpacked by halves")?;
    }
    fs::create_dir_all(folder).context("making .work/chromium")?;
    let mut command = packages.node();
    command
        .args(["--input-type=module", "--eval"])
        .arg(format!("import chromium from '{PACKAGE}'; await chromium.executablePath();"))
        .env("TMPDIR", folder)
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs22.x");
    process::run(command).await.with_context(|| format!("unpacking Chromium; {ADVICE}"))?;
    fs::write(folder.join("fonts.conf"), fonts_of(folder)).context("writing fonts.conf")
}

fn fonts_of(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n  \
         <include ignore_missing=\"yes\">/etc/fonts/fonts.conf</include>\n  <dir>{folder}/fonts</dir>\n  \
         <cachedir>{folder}/fonts-cache</cachedir>\n\
         </fontconfig>\n"
    )
}
