//! The API gateway: everything the public reaches, it reaches through here.
//!
//! A request is checked ([`target`]), given a route ([`routes`]), an identity ([`identity`]) and a place in its rate
//! limit ([`limits`]), and then streamed to a service ([`proxy`], [`upstream`]); a body is buffered only where something is
//! to be added to it (`?expand=`). The gateway's own pages ([`pages`]) are the only ones that axum serves. That a session is
//! over, one process hears ([`consumers`]) and tells all ([`signals`]).

pub mod body;
pub mod cache;
pub mod client;
pub mod coding;
pub mod compress;
pub mod config;
pub mod connections;
pub mod consumers;
pub mod content;
pub mod cors;
pub mod docs;
pub mod error;
mod expand;
pub mod headers;
pub mod identity;
pub mod limits;
mod openapi;
pub mod pages;
pub mod proxy;
mod public_read;
pub mod queues;
pub mod routes;
pub mod run;
pub mod server;
pub mod signals;
pub mod state;
pub mod target;
pub mod upstream;

pub use openapi::openapi;
