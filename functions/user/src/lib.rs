//! The user service: accounts, sign-in, sessions and the tokens of both.

mod background;
pub mod clients;
pub mod config;
pub mod consumers;
pub mod crypto;
mod db;
pub mod domain;
mod error;
mod openapi;
mod routes;
pub mod run;
pub mod state;
pub mod usecases;

pub use error::Failure;
pub use openapi::openapi;
pub use routes::router;

/// The service's tables; the shared ones come from `cartwright_database`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
