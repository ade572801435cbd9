//! For tests only: a database for each test, a clock that is set, a client for a service's router, and Lambda without AWS.

mod aws;
mod calls;
mod clock;
mod database;
mod http;
pub mod lambda;
pub mod openapi;
pub mod stripe;

pub use aws::TestAws;
pub use clock::FakeClock;
pub use database::TestDatabase;
pub use http::{Answer, Call, TestApp, test_keys};
