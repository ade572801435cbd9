//! The five services: their environment, and running them.

mod environment;
mod fleet;
mod kind;

pub use environment::{AWS_CALLS_VARIABLE, MAIL_FROM, Places, Setup};
pub use fleet::{Fleet, Logs, STOP_PATIENCE, until_ready};
pub use kind::Service;
