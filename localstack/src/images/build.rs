//! A program becomes an image: the root is collected on this machine, and the last stage of the Dockerfile takes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::Archive;
use crate::Service;
use crate::lambda::deployed_name;
use crate::paths::Checkout;
use crate::process::{is_executable, run};
use crate::tools::Buildah;

/// The commit that is built.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The commit's full name, with `-dirty` where files differ from it.
    pub name: String,
    /// When it was made, in seconds since 1970: an image says so of itself, so that a commit gives one digest.
    pub seconds: String,
}

impl Revision {
    /// That of the checkout.
    ///
    /// # Errors
    /// It is no git checkout.
    pub async fn of(checkout: &Checkout) -> Result<Self> {
        let git = async |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(checkout.root()).args(arguments);
            Ok::<_, anyhow::Error>(run(command).await?.trim().to_owned())
        };
        let (commit, seconds) =
            (git(&["rev-parse", "HEAD"]).await?, git(&["log", "-1", "--format=%ct"]).await?);
        let dirty = !git(&["status", "--porcelain"]).await?.is_empty();
        Ok(Self { name: if dirty { format!("{commit}-dirty") } else { commit }, seconds })
    }

    /// Whether files differ from the commit.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.name.ends_with("-dirty")
    }
}

/// A built image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Whose.
    pub service: Service,
    /// Its OCI archive, `NAME.tar`.
    pub archive: Archive,
    /// `sha256:…` of its manifest; a registry gives it the same.
    pub digest: String,
    /// The size of the archive, in bytes.
    pub compressed: u64,
    /// The sum of its files, in bytes.
    pub unpacked: u64,
}

/// Makes `folder/NAME.tar` and `folder/NAME.digest` of the program of `binaries`.
///
/// # Errors
/// The program is missing, or a tool fails.
pub async fn build(
    checkout: &Checkout,
    buildah: &Buildah,
    service: Service,
    binaries: &Path,
    revision: &Revision,
    folder: &Path,
) -> Result<Image> {
    let binary = binaries.join(service.name());
    anyhow::ensure!(is_executable(&binary), "{} is not there: build it first", binary.display());
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let (name, root) = (deployed_name(service), buildah.store().join(format!("{service}.root")));
    collect(checkout, &binary, &root).await?;
    let unpacked = size(&root)?;

    let mut command = buildah.command();
    command.args(["bud", "--quiet", "--isolation", "chroot", "--format", "oci", "--timestamp"]);
    command.arg(&revision.seconds).arg("--tag").arg(&name);
    command.arg("--build-arg").arg(format!("SERVICE={service}"));
    command.arg("--build-arg").arg(format!("VERSION={}", env!("CARGO_PKG_VERSION")));
    command.arg("--build-arg").arg(format!("REVISION={}", revision.name));
    // Takes the place of the stage `root`, so that those before it are not built.
    command.arg("--build-context").arg(format!("root={}", root.display()));
    command.arg("--file").arg(checkout.root().join("functions/Dockerfile")).arg(&root);
    run(command).await.with_context(|| format!("building the image of {service}"))?;

    let (file, digest) = (folder.join(format!("{name}.tar")), folder.join(format!("{name}.digest")));
    // buildah would add to an archive that is there.
    let _ = fs::remove_file(&file);
    let mut command = buildah.command();
    command.args(["push", "--quiet", "--format", "oci", "--digestfile"]).arg(&digest).arg(&name);
    command.arg(format!("oci-archive:{}:{name}", file.display()));
    run(command).await.with_context(|| format!("writing {}", file.display()))?;
    let _ = fs::remove_dir_all(&root);
    let digest = fs::read_to_string(&digest).context("reading the digest")?.trim().to_owned();
    Ok(Image {
        service,
        digest,
        compressed: fs::metadata(&file)?.len(),
        unpacked,
        archive: Archive::at(file),
    })
}

async fn collect(checkout: &Checkout, binary: &Path, root: &Path) -> Result<()> {
    let mut command = Command::new(checkout.root().join("functions/image/collect-root.sh"));
    command.arg(binary).arg(root);
    run(command).await.map(drop).context("collecting the image's files")
}

/// The sum of the sizes of all files below.
fn size(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let mut folders: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                sum += entry.metadata()?.len();
            }
        }
    }
    Ok(sum)
}
