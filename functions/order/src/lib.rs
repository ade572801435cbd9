//! The order service: carts, orders, payments, invoices.

mod background;
pub mod clients;
pub mod config;
pub mod consumers;
pub mod db;
pub mod domain;
pub mod error;
pub mod invoice;
mod load_shop;
mod openapi;
pub mod routes;
mod run;
pub mod state;
pub mod usecases;

pub use openapi::openapi;
pub use routes::router;
pub use run::run;

/// The service's own migrations.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
