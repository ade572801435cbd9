//! Notifications while the mail server fails and the worker is killed: what was said, what was said twice, what was given up
//! with a reason, and that nothing is lost.

mod contacts;
mod post_office;
mod rig;
mod run;

pub use run::{NoticeOutcome, NoticePlan, run_notices};
