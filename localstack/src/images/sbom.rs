//! What an image is made of, as `CycloneDX` writes it: `NAME.cdx.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::lambda::deployed_name;
use crate::paths::Checkout;
use crate::process::{find_program, run};
use crate::{Service, cargo};

/// Debian's packages that files of the image come from.
const SYSTEM: [&str; 3] = ["libc6", "libgcc-s1", "ca-certificates"];

/// Lists the crates of each service and the system's packages; returns how many components each has.
///
/// # Errors
/// The tool fails.
pub async fn write(
    checkout: &Checkout,
    tool: &Path,
    services: &[Service],
    folder: &Path,
) -> Result<BTreeMap<Service, usize>> {
    let shadow = folder.join("sources");
    let manifests = shadow_of(checkout, &shadow).await?;
    let mut command = cargo::command(checkout);
    // As a program of cargo's it expects its own name first.
    command.env("PATH", path_with(tool)?);
    command.args([
        "cyclonedx",
        "--quiet",
        "--format",
        "json",
        "--spec-version",
        "1.5",
        "--override-filename",
    ]);
    command.arg("sbom").arg("--manifest-path").arg(shadow.join("Cargo.toml"));
    run(command).await.context("listing packages")?;
    let system = system().await;
    let mut counts = BTreeMap::new();
    for service in services {
        let made = manifests.get(service.name()).context("a service is no package of the workspace")?;
        let text =
            fs::read_to_string(made.join("sbom.json")).context("reading what cargo-cyclonedx wrote")?;
        // The workspace's own packages are named by where they lie: from the checkout's root on, whosever machine it is.
        let text = text.replace(&format!("file://{}", shadow.display()), "file://");
        let mut bill: Value = serde_json::from_str(&text).context("reading what cargo-cyclonedx wrote")?;
        let components = bill["components"].as_array_mut().context("it lists no components")?;
        components.extend(system.iter().cloned());
        counts.insert(*service, components.len());
        let file = folder.join(format!("{}.cdx.json", deployed_name(*service)));
        fs::write(&file, serde_json::to_string_pretty(&bill)?).with_context(|| file.display().to_string())?;
    }
    fs::remove_dir_all(&shadow).context("removing the links to the sources")?;
    Ok(counts)
}

/// The tool writes beside each `Cargo.toml` of the workspace. So it gets folders that hold links to what is in the
/// checkout's; returns each package's.
async fn shadow_of(checkout: &Checkout, shadow: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo::command(checkout);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&run(command).await?).context("reading cargo metadata")?;
    let _ = fs::remove_dir_all(shadow);
    let mut manifests = BTreeMap::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists no packages")? {
        let manifest =
            PathBuf::from(package["manifest_path"].as_str().context("a package without manifest")?);
        let source = manifest.parent().context("a manifest lies in a folder")?;
        let inside = source.strip_prefix(checkout.root()).context("a package outside of the checkout")?;
        link_all(source, &shadow.join(inside))?;
        manifests.insert(package["name"].as_str().unwrap_or_default().to_owned(), shadow.join(inside));
    }
    for name in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(checkout.root().join(name), shadow.join(name)).with_context(|| format!("copying {name}"))?;
    }
    Ok(manifests)
}

/// Packages may lie in each other's folders: those are not linked, they get a folder of their own.
fn link_all(source: &Path, destination: &Path) -> Result<()> {
    fs::create_dir_all(destination).with_context(|| format!("making {}", destination.display()))?;
    for entry in fs::read_dir(source)?.flatten() {
        let link = destination.join(entry.file_name());
        if !entry.path().join("Cargo.toml").is_file() && !link.exists() {
            std::os::unix::fs::symlink(entry.path(), &link).with_context(|| link.display().to_string())?;
        }
    }
    Ok(())
}

fn path_with(tool: &Path) -> Result<std::ffi::OsString> {
    let own = tool.parent().map(Path::to_path_buf);
    let rest = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(own.into_iter().chain(std::env::split_paths(&rest)))?)
}

/// Nothing where the system is no Debian: then nobody knows what its files are called.
async fn system() -> Vec<Value> {
    let Some(tool) = find_program("dpkg-query") else { return Vec::new() };
    let mut command = Command::new(tool);
    command.args(["--show", "--showformat", "${Package} ${Version} ${Architecture}\\n"]).args(SYSTEM);
    let text = run(command).await.unwrap_or_default();
    let component = |line: &str| {
        let [name, version, architecture] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let purl = format!("pkg:deb/debian/{name}@{}?arch={architecture}", version.replace('+', "%2B"));
        Some(json!({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}))
    };
    text.lines().filter_map(component).collect()
}
