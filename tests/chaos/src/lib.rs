//! Everything that can go wrong going wrong while people buy, and the checker that afterwards looks for what must never
//! be.

mod books;
mod buyers;
mod checker;
mod crowd;
mod lossy;
mod notices;
mod plan;
mod run;
mod shop;
mod staff;
mod till;
mod told;
mod trouble;

pub use books::Books;
pub use checker::{Violation, check, check_databases};
pub use lossy::Lossy;
pub use notices::{NoticeOutcome, NoticePlan, run_notices};
pub use plan::Plan;
pub use run::{Outcome, run};
pub use shop::Shop;
pub use till::{Collected, Till};
pub use told::{Order, Saying, Told};
