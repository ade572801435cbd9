//! The local AWS of Cartwright: PostgreSQL, the AWS emulator, their contents and the five services, on one machine and
//! without a container engine.
//!
//! The binary `localstack` is behind the verbs of the Makefile. The library is what it is made of, and what the tests
//! that need the whole shop use: [`stack::Stack`] is a shop of its own on a PostgreSQL and an emulator that already run.

pub mod aws;
pub mod cargo;
pub mod databases;
pub mod dead_letters;
pub mod demo_data;
pub mod emulator;
pub mod ground;
pub mod images;
pub mod lambda;
pub mod mail;
pub mod paths;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod provision;
pub mod redis;
pub mod services;
pub mod sqlx_cache;
pub mod stack;
pub mod terraform;
pub mod tools;
pub mod venv;

pub use services::Service;
pub use stack::{Another, Options, Stack};
