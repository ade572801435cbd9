//! The product service: the catalogue, stock and reservations.

pub mod clients;
pub mod config;
pub mod consumers;
mod db;
mod domain;
mod error;
pub mod imaging;
mod openapi;
pub mod read_cache;
mod routes;
pub mod run;
pub mod state;
pub mod usecases;

pub use openapi::openapi;
pub use routes::router;

/// The service's tables; the shared ones come from `cartwright_database`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
