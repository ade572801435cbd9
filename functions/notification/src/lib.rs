//! The notification service: what the shop writes to people, each thing once, and the history of it.

pub mod clients;
pub mod config;
pub mod consumers;
pub mod db;
pub mod domain;
mod error;
pub mod mail;
mod openapi;
mod routes;
pub mod run;
pub mod state;
pub mod usecases;

pub use openapi::openapi;
pub use routes::api;
