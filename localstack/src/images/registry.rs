//! The registry that images are pushed to: ECR, or one on loopback for a trial.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::Service;
use crate::lambda::deployed_name;
use crate::process::{find_program, run, run_with_input};
use crate::tools::Buildah;

/// A registry and the shop's name in it.
#[derive(Debug, Clone)]
pub struct Registry {
    host: String,
    shop: String,
    region: Option<String>,
}

impl Registry {
    /// The account's ECR in a region.
    #[must_use]
    pub fn ecr(account: &str, region: &str, shop: &str) -> Self {
        let host = format!("{account}.dkr.ecr.{region}.amazonaws.com");
        Self { host, shop: shop.to_owned(), region: Some(region.to_owned()) }
    }

    /// Any other, as `127.0.0.1:5000`.
    #[must_use]
    pub fn at(host: &str, shop: &str) -> Self {
        Self { host: host.to_owned(), shop: shop.to_owned(), region: None }
    }

    /// `HOST/SHOP/order-service`.
    #[must_use]
    pub fn repository(&self, service: Service) -> String {
        format!("{}/{}/{}", self.host, self.shop, deployed_name(service))
    }

    /// `HOST/SHOP/`, with which the names of all its repositories begin.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}/{}/", self.host, self.shop)
    }

    /// Logs in to ECR by the AWS CLI. Without it, and elsewhere, buildah reads `REGISTRY_AUTH_FILE`.
    ///
    /// # Errors
    /// AWS refuses, or there is no way to log in.
    pub async fn login(&self, buildah: &Buildah) -> Result<()> {
        let Some(region) = &self.region else { return Ok(()) };
        let Some(aws) = find_program("aws") else {
            ensure!(
                std::env::var_os("REGISTRY_AUTH_FILE").is_some(),
                "the AWS CLI is missing; install it, or log in otherwise and name the file in REGISTRY_AUTH_FILE"
            );
            return Ok(());
        };
        let mut command = Command::new(aws);
        command.args(["ecr", "get-login-password", "--region", region]);
        let password = run(command).await.context("asking ECR for a password")?;
        let mut command = buildah.command();
        command.args(["login", "--username", "AWS", "--password-stdin", "--authfile"]);
        command.arg(auth_file(buildah)).arg(&self.host);
        run_with_input(command, Some(password)).await.context("logging in to ECR").map(drop)
    }

    /// Pushes a loaded image; returns its digest.
    ///
    /// # Errors
    /// The registry refuses.
    pub async fn push(&self, buildah: &Buildah, image: &str, service: Service, tag: &str) -> Result<String> {
        let digest = buildah.store().join("pushed");
        let mut command = buildah.command();
        command.args(["push", "--quiet", "--format", "oci", "--digestfile"]).arg(&digest);
        let password = auth_file(buildah);
        if password.is_file() {
            command.arg("--authfile").arg(password);
        }
        if is_loopback(&self.host) {
            command.arg("--tls-verify=false");
        }
        let place = format!("{}:{tag}", self.repository(service));
        command.arg(image).arg(format!("docker://{place}"));
        run(command).await.with_context(|| format!("pushing {place}"))?;
        Ok(std::fs::read_to_string(digest).context("reading the digest")?.trim().to_owned())
    }
}

/// Beside the store, so that the password goes with it.
fn auth_file(buildah: &Buildah) -> std::path::PathBuf {
    buildah.store().join("auth.json")
}

/// The one place where a registry may be spoken to without TLS.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The references of `file` (`{"images": {"order": "…@sha256:…"}}`) with `pushed` over them, so that one service can be
/// pushed alone. Those of another registry or shop (`prefix`) are left out.
#[must_use]
pub fn merged(file: &Path, prefix: &str, pushed: BTreeMap<String, String>) -> BTreeMap<String, String> {
    type Images = BTreeMap<String, BTreeMap<String, String>>;
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut before = serde_json::from_str::<Images>(&text).unwrap_or_default();
    let mut images = before.remove("images").unwrap_or_default();
    images.retain(|_, reference| reference.starts_with(prefix));
    images.extend(pushed);
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_as_ecr_names_it() {
        let registry = Registry::ecr("123456789012", "eu-central-1", "acme");
        assert_eq!(
            registry.repository(Service::Order),
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service"
        );
        assert!(registry.repository(Service::ApiGateway).ends_with("/acme/api-gateway"));
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for here in ["127.0.0.1:5000", "localhost:5000", "localhost", "127.8.9.1", "[::1]:5000"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in
            ["10.0.0.1:5000", "localhost.example.com", "127.0.0.1.example.com:5000", "example.com"]
        {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn pushing_one_service_keeps_the_others_of_that_registry() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("images.auto.tfvars.json");
        std::fs::write(
            &file,
            r#"{"images": {"user": "a/x/user@1", "order": "a/x/order@1", "product": "b/x/p@1"}}"#,
        )
        .unwrap();
        let all = merged(&file, "a/x/", [("order".to_owned(), "a/x/order@2".to_owned())].into());
        assert_eq!(
            all.into_iter().collect::<Vec<_>>(),
            [("order".into(), "a/x/order@2".into()), ("user".into(), "a/x/user@1".into())]
        );
    }
}
