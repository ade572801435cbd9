//! Killing services at random while people buy, and the checker that afterwards looks for what must never be.

mod books;
mod checker;
mod run;

pub use books::Books;
pub use checker::{Violation, check};
pub use run::{Outcome, Plan, run};
