//! For tests only: a database for each test, a clock that is set, and a client for a service's router.

mod clock;
mod database;
mod http;

pub use clock::FakeClock;
pub use database::TestDatabase;
pub use http::{Answer, Call, TestApp, test_keys};
