//! `/auth`

pub mod email_resend;
pub mod email_verify;
pub mod login;
pub mod logout;
pub mod password_forgot;
pub mod password_reset;
mod queued;
pub mod refresh;
pub mod register;
mod token_answer;
