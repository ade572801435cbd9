//! `push`: the images of `target/images/` to ECR, and their references for Terraform.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use localstack::images::{self, Archive, Registry, Revision, merged};
use localstack::lambda::deployed_name;
use localstack::paths::Checkout;
use localstack::tools::Buildah;
use localstack::{Service, ground};
use serde_json::json;

use super::progress::step;

/// Where the revision of a built image is written.
const REVISION: &str = "org.opencontainers.image.revision";

/// Where images go.
#[derive(Debug, Args)]
pub struct Destination {
    /// The AWS account, which with the region names the registry.
    #[arg(long, env = "AWS_ACCOUNT_ID")]
    account: Option<String>,
    /// The region.
    #[arg(long, env = "AWS_REGION")]
    region: Option<String>,
    /// Another registry, as `127.0.0.1:5000`.
    #[arg(long, env = "REGISTRY")]
    registry: Option<String>,
    /// The shop, with whose name repositories begin.
    #[arg(long, env = "SHOP", default_value = "cartwright")]
    shop: String,
    /// The tag instead of the git commit.
    #[arg(long, env = "TAG")]
    tag: Option<String>,
}

impl Destination {
    fn registry(&self) -> Result<Registry> {
        if let Some(host) = given(self.registry.as_ref()) {
            return Ok(Registry::at(host, &self.shop));
        }
        let account =
            given(self.account.as_ref()).context("AWS_ACCOUNT_ID is not set: which account's ECR?")?;
        let region = given(self.region.as_ref()).context("AWS_REGION is not set: ECR of which region?")?;
        ensure!(
            account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()),
            "AWS_ACCOUNT_ID is {account:?}; an account has twelve digits"
        );
        Ok(Registry::ecr(account, region, &self.shop))
    }
}

/// Make passes on a variable that is empty.
fn given(value: Option<&String>) -> Option<&String> {
    value.filter(|value| !value.is_empty())
}

/// Pushes, prints the references and writes them to `target/images/images.auto.tfvars.json`.
pub async fn run(checkout: &Checkout, services: &[Service], destination: &Destination) -> Result<u8> {
    let registry = destination.registry()?;
    let revision = Revision::of(checkout).await?;
    let tag = given(destination.tag.as_ref()).cloned();
    ensure!(
        tag.is_some() || !revision.is_dirty(),
        "files differ from the commit, whose name would be the tag: commit them, or say TAG=…"
    );
    let buildah = Buildah::find(&ground::folder(checkout))?;
    let folder = images::folder(checkout).await?;
    registry.login(&buildah).await?;
    let mut pushed = BTreeMap::new();
    for service in services {
        let name = deployed_name(*service);
        let digest = step(&format!("push {name}"), async {
            let file = folder.join(format!("{name}.tar"));
            ensure!(file.is_file(), "{} is not there: make images push", file.display());
            let image = Archive::at(file).load(&buildah).await?;
            let built = Archive::config(&buildah, &image).await?["Labels"][REVISION].take();
            // A tag never changes, so a wrong one stays for good.
            ensure!(
                tag.is_some() || built == revision.name.as_str(),
                "it was built of {built}, and the checkout is at {}: make images push",
                revision.name
            );
            let tag = tag.as_ref().unwrap_or(&revision.name);
            let digest = registry.push(&buildah, &image, *service, tag).await?;
            Ok((digest.clone(), digest))
        })
        .await?;
        pushed.insert(service.name().to_owned(), format!("{}@{digest}", registry.repository(*service)));
    }
    let file = folder.join("images.auto.tfvars.json");
    let all = merged(&file, &registry.prefix(), pushed);
    fs::write(&file, serde_json::to_string_pretty(&json!({ "images": all }))? + "\n")
        .context("writing tfvars")?;
    println!("\nimages = {{");
    for (service, reference) in &all {
        println!("  {service:<12} = \"{reference}\"");
    }
    println!("}}\n\n  the same, for the folder of an environment: {}", file.display());
    Ok(0)
}
