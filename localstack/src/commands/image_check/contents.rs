//! What the image says of itself and which files it holds; and that a wrong file would have been noticed.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use localstack::images::{Archive, USER, faults, not_of_root};
use localstack::paths::Checkout;
use localstack::tools::Buildah;
use serde_json::json;

use crate::commands::progress::step;

/// A file of an image, and what a build gone wrong would make of it; `None` leaves it out.
const MUTANTS: [(&str, Option<&str>); 4] = [
    ("etc/nsswitch.conf", None),
    ("etc/ssl/certs/ca-certificates.crt", None),
    ("etc/ssl/certs/rds-global-bundle.pem", Some("")),
    ("service.sh", Some("#!/bin/sh\n")),
];

/// Looks at the configuration and every file.
pub async fn check(checkout: &Checkout, buildah: &Buildah, loaded: &str) -> Result<()> {
    step("what is in it", async {
        let config = Archive::config(buildah, loaded).await?;
        ensure!(config["User"] == USER, "its user is {} instead of {USER}", config["User"]);
        ensure!(config["Entrypoint"] == json!(["/service"]), "it starts {}", config["Entrypoint"]);
        let bundle = fs::read(checkout.root().join("functions/certificates/rds-global-bundle.pem"))
            .context("reading the certificates of RDS")?;
        // A container of its own: the mutants are made in it.
        let root = Archive::mount(buildah, loaded).await?;
        let mut found = faults(&root, &bundle)?;
        found.extend(not_of_root(&root)?);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        for (file, content) in MUTANTS {
            mutate(&root.join(file), content, || faults(&root, &bundle))?;
        }
        Ok(((), format!("nothing but what it needs; {} wrong ones were noticed", MUTANTS.len())))
    })
    .await
}

fn mutate(file: &Path, content: Option<&str>, look: impl Fn() -> Result<Vec<String>>) -> Result<()> {
    let before = fs::read(file).ok();
    match content {
        Some(text) => fs::write(file, text)?,
        None => fs::remove_file(file)?,
    }
    let noticed = !look()?.is_empty();
    match before {
        Some(bytes) => fs::write(file, bytes)?,
        None => fs::remove_file(file)?,
    }
    ensure!(noticed, "the check does not notice a wrong {}", file.display());
    ensure!(look()?.is_empty(), "{} was not put back", file.display());
    Ok(())
}
