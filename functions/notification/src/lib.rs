//! The notification service: what the shop writes to people, each thing once, and the history of it.

pub mod clients;
pub mod config;
pub mod consumers;
pub mod db;
pub mod domain;
mod error;
pub mod mail;
mod routes;
pub mod run;
pub mod state;
pub mod usecases;

pub use routes::api;
