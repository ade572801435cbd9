//! `/inventory`, for staff.

pub mod change;
pub mod get;
pub mod list;
pub mod movements;
pub mod view;

use std::str::FromStr;

use cartwright_web::Problem;
use utoipa::IntoParams;

use crate::db::inventory::{self, Item};
use crate::usecases::ChangeError;
use crate::{error, state};

/// A sku in a path; what cannot be one is a 404.
pub struct Sku(String);

impl FromStr for Sku {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let fits = text.len() <= 64
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if starts && fits { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

/// The path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; Sku is what is read")]
struct SkuPath {
    /// The sku of a variant.
    #[param(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        example = "TENT-2P"
    )]
    sku: String,
}

/// The item of that sku, or a 404.
async fn item(state: &state::State, sku: &Sku) -> Result<Item, Problem> {
    let item = inventory::find(state.database.pool(), &sku.0).await;
    item.map_err(|e| error::database(&e))?.ok_or_else(Problem::not_found)
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Database(e) => crate::error::database(&e),
            ChangeError::NotFound => Self::not_found(),
            ChangeError::Stale => cartwright_web::etag::precondition_failed(),
            ChangeError::CountStale(now) => Self::conflict("count_version_stale")
                .detail("The stock was counted or adjusted since. Read it again.")
                .with("count_version", now),
            ChangeError::InsufficientStock { on_hand, reserved } => Self::conflict("insufficient_stock")
                .detail("Fewer would remain than are reserved, or than none.")
                .with("on_hand", on_hand)
                .with("reserved", reserved),
            ChangeError::TooMuch => Self::invalid("/adjust", "out_of_range", "leaves more than 1000000000"),
        }
    }
}
