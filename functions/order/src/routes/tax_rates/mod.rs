//! `/tax-rates`

pub mod create;
pub mod list;
pub mod remove;
pub mod replace;
pub mod show;
mod view;

use utoipa::IntoParams;
use uuid::Uuid;

/// The path of one of them, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; PathId is what is read")]
struct IdPath {
    /// Its id.
    id: Uuid,
}
