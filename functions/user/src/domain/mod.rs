//! The rules, without I/O.

pub mod email;
pub mod one_time_token;
pub mod password;
pub mod refresh;
pub mod user;
