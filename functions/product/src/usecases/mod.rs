//! What the service does, one file each; routes and consumers call these.

mod cancel;
pub(crate) mod catalogue;
mod change_stock;
mod combine;
mod commit;
mod expire;
pub mod images;
mod load_catalogue;
mod messages;
mod quote;
mod release;
mod reserve;
mod retry;
mod stock;
mod take_back;

pub(crate) use cancel::cancel;
pub(crate) use change_stock::{ChangeError, Quantity, StockChange, change_stock};
pub(crate) use combine::CombineError;
pub(crate) use commit::{CommitError, commit};
pub use expire::{expire, sweeper};
pub use load_catalogue::{LoadError, load_catalogue};
pub(crate) use quote::quote;
pub(crate) use release::{ReleaseError, release};
pub(crate) use reserve::{ReserveError, reserve};
pub use stock::Stock;
pub(crate) use take_back::take_back;
