//! Schemathesis, which makes requests from an OpenAPI document and compares the answers with it.

use std::path::PathBuf;

use anyhow::Result;

use crate::paths::Checkout;
use crate::venv::Venv;

const PACKAGES: [&str; 1] = ["schemathesis==4.32.5"];

/// Its program, installed if need be.
///
/// # Errors
/// It cannot be installed.
pub async fn schemathesis(checkout: &Checkout) -> Result<PathBuf> {
    Ok(Venv::with(checkout, &PACKAGES).await?.program("schemathesis"))
}
