//! `/auth`

pub mod email_resend;
pub mod email_verify;
pub mod login;
pub mod logout;
pub mod logout_all;
pub mod password_change;
pub mod password_forgot;
pub mod password_reset;
pub mod queued;
pub mod refresh;
pub mod register;
pub mod session_end;
pub mod sessions;
mod token_answer;
