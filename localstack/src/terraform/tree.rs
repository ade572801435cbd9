//! A copy of `terraform/`, for commands that leave folders and files beside what they read.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::ground;
use crate::paths::Checkout;
use crate::tools::Terraform;

/// What environments read beside `terraform/`.
const CONTRACTS: &str = "shared/contracts";
/// The copy. It goes when this is dropped, or with the next run if we are killed.
#[derive(Debug)]
pub struct Tree {
    folder: PathBuf,
}

impl Tree {
    /// Copies the checkout's.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub fn copy(checkout: &Checkout) -> Result<Self> {
        let tree = Self { folder: ground::folder(checkout).join("tree") };
        for part in ["terraform", CONTRACTS] {
            copy(&checkout.root().join(part), &tree.folder.join(part))?;
        }
        Ok(tree)
    }

    /// The root of an environment.
    #[must_use]
    pub fn environment(&self, name: &str) -> PathBuf {
        self.folder.join("terraform/environments").join(name)
    }

    /// Plans an environment without a network, from its `check.tfvars`, and returns the plan's JSON.
    ///
    /// # Errors
    /// Terraform refuses.
    pub async fn plan_offline(&self, terraform: &Terraform, environment: &str) -> Result<PathBuf> {
        let root = self.environment(environment);
        // The state is in S3; a plan without a backend is refused.
        fs::write(root.join("backend_override.tf"), "terraform {\n  backend \"local\" {}\n}\n")
            .context("replacing the backend")?;
        let mut init = terraform.command(&root);
        init.args(["init", "-no-color", "-lockfile=readonly"]);
        Terraform::run(init).await?;
        let mut plan = terraform.command(&root);
        plan.args(["plan", "-no-color", "-refresh=false", "-var-file=check.tfvars", "-out=check.plan"]);
        Terraform::run(plan).await?;
        let mut show = terraform.command(&root);
        show.args(["show", "-json", "check.plan"]);
        let file = root.join("plan.json");
        fs::write(&file, Terraform::run(show).await?).context("writing a plan")?;
        Ok(file)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // The next run sweeps what is left.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Left behind by somebody who ran Terraform in the tree itself.
        if name == ".terraform" || name.starts_with("terraform.tfstate") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(&name))?;
        } else {
            fs::copy(entry.path(), to.join(&name)).with_context(|| format!("copying {name}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_are_copied_and_what_terraform_left_behind_is_not() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("dev/.terraform/providers")).unwrap();
        for name in ["dev/main.tf", "dev/.terraform.lock.hcl", "dev/terraform.tfstate.backup"] {
            fs::write(from.path().join(name), "").unwrap();
        }
        copy(from.path(), to.path()).unwrap();
        let there = |name: &str| to.path().join("dev").join(name).exists();
        assert!(there("main.tf") && there(".terraform.lock.hcl"));
        assert!(!there(".terraform") && !there("terraform.tfstate.backup"));
    }
}
