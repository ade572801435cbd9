//! A PostgreSQL server of ours: the machine's binaries or the pinned package's, data in `.work/`.

mod binaries;
mod cluster;
mod user;

pub use binaries::{Binaries, MINIMUM_VERSION};
pub use cluster::{Cluster, Durability, Settings};
pub use user::RunAs;
