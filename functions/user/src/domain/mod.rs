//! The rules, without I/O.

pub mod address;
pub mod audit;
pub mod email_problem;
pub mod one_time_token;
pub mod password;
pub mod refresh;
pub mod user;
