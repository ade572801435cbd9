//! HTTP the way `api.md` wants it: problems, strict bodies and queries, identity, request ids, pages, ETags, health.

mod address;
mod app;
pub mod body;
pub mod client;
pub mod etag;
pub mod health;
pub mod idempotency;
pub mod identity;
mod json;
pub mod language;
pub mod middleware;
pub mod openapi;
pub mod pagination;
pub mod path;
pub mod problem;
pub mod query;
pub mod rules;

pub use address::Address;
pub use app::{App, app};
pub use body::{Body, Change, Fields, FromFields, InternalJson};
pub use identity::{Caller, ServiceCall, Staff, User};
pub use path::{PathId, PathIds};
pub use problem::{FieldError, Problem};
pub use query::{FromParams, Params, Query};
