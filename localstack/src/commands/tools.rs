//! The tools of `tests/contract`, a line of progress each.

use anyhow::Result;
use localstack::paths::Checkout;
use localstack::tools::{Chromium, Packages, schemathesis, unless_missing};

use super::progress::step;

/// Installs what is missing. What cannot be had fails only with `CI=true`; elsewhere the checks that need it are skipped,
/// each with a sentence.
pub async fn all(checkout: &Checkout) -> Result<()> {
    if let Some(packages) = packages(checkout).await? {
        let browser = Chromium::find_or_install(checkout, &packages);
        let browser = step("Chromium", async { Ok((browser.await?, String::new())) }).await;
        unless_missing(browser)?;
    }
    fuzzer(checkout).await
}

/// Node.js with the packages of `tests/contract`.
pub async fn packages(checkout: &Checkout) -> Result<Option<Packages>> {
    let packages = Packages::find_or_install(checkout);
    unless_missing(step("Node.js and npm packages", async { Ok((packages.await?, String::new())) }).await)
}

/// Schemathesis.
pub async fn fuzzer(checkout: &Checkout) -> Result<()> {
    let program = schemathesis(checkout);
    unless_missing(step("schemathesis", async { Ok((program.await?, String::new())) }).await).map(drop)
}
