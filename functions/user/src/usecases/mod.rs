//! The transaction scripts, shared by routes and roles.

pub mod create_admin;
mod even_time;
pub mod forgot_password;
pub mod login;
pub mod logout;
mod messages;
pub mod refresh;
pub mod register;
pub mod resend_verification;
pub mod reset_password;
pub mod tidy;
mod tokens;
pub mod verify_email;

pub use tokens::TokenPair;
