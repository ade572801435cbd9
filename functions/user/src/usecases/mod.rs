//! The transaction scripts, shared by routes and roles.

pub mod address_book;
pub mod change_password;
pub mod create_admin;
pub mod erase_user;
mod even_time;
pub mod export_user;
pub mod forgot_password;
pub mod invite_user;
pub mod login;
pub mod logout;
mod messages;
pub mod note_email_problem;
pub mod refresh;
pub mod register;
pub mod resend_verification;
pub mod reset_password;
pub mod throttle;
pub mod tidy;
mod tokens;
pub mod update_user;
pub mod verify_email;

pub use tokens::TokenPair;
