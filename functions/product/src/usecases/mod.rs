//! What the service does, one file each; routes and consumers call these.

mod cancel;
mod commit;
mod expire;
mod load_catalogue;
mod quote;
mod release;
mod reserve;

pub(crate) use cancel::cancel;
pub(crate) use commit::{CommitError, commit};
pub use expire::{expire, sweeper};
pub use load_catalogue::{LoadError, load_catalogue};
pub(crate) use quote::quote;
pub(crate) use release::{ReleaseError, release};
pub(crate) use reserve::{ReserveError, reserve};
