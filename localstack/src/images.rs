//! Container images of the services, without a Docker daemon: built from programs that cargo made, looked into, run out
//! of, and pushed.

mod archive;
mod build;
mod container;
mod dns;
mod loopback_registry;
mod registry;
mod root;
mod sbom;

pub use archive::Archive;
pub use build::{Image, Revision, build};
pub use container::{Container, USER};
pub use dns::Dns;
pub use loopback_registry::LoopbackRegistry;
pub use registry::{Registry, merged};
pub use root::{faults, not_of_root};
pub use sbom::write as write_sboms;

use std::path::PathBuf;

use anyhow::Result;

use crate::cargo;
use crate::paths::Checkout;

/// Where images lie: `target/images`.
///
/// # Errors
/// Cargo does not say where `target` is.
pub async fn folder(checkout: &Checkout) -> Result<PathBuf> {
    Ok(cargo::target(checkout).await?.join("images"))
}
