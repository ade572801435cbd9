//! `/internal`: for other services, each with the scope it needs.

pub mod commit;
pub mod quotes;
pub mod release;
pub mod reserve;

use cartwright_contracts::stock::Shortage;
use cartwright_web::{Problem, ServiceCall};

use crate::usecases::CombineError;

/// Lines and skus of one call.
const MOST: usize = 100;

/// 409 with every line that cannot be had.
fn insufficient_stock(lines: &[Shortage]) -> Problem {
    Problem::conflict("insufficient_stock")
        .detail("There is not enough stock; see lines.")
        .with("lines", lines)
}

/// 503: what one of a batch did wrong is unknown to the others, so each tries again. The log has the reason.
fn repeat(error: &CombineError) -> Problem {
    tracing::debug!(%error, "to be repeated");
    Problem::unavailable()
}

/// How the ledger names the caller.
fn actor(call: &ServiceCall) -> String {
    format!("service:{}", call.name)
}
