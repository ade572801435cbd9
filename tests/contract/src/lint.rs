//! The linter of OpenAPI documents.

use std::path::Path;

use anyhow::{Context as _, Result};
use localstack::paths::Checkout;
use localstack::process;
use localstack::tools::{self, Packages};

/// Lints `document` by `redocly.yaml`.
///
/// # Errors
/// It finds something; its report is in the message.
pub async fn lint(checkout: &Checkout, packages: &Packages, document: &Path) -> Result<()> {
    let mut command = packages.node();
    command
        .arg(packages.file("@redocly/cli/bin/cli.js"))
        .args(["lint", "--format=stylish", "--config"])
        .arg(tools::folder(checkout).join("redocly.yaml"))
        .arg(document)
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .env("NO_COLOR", "1");
    process::run(command).await.map(drop).context("the linter found something in the OpenAPI document")
}
