//! The service on a real database and the AWS emulator, with a stand-in for the user service.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod erasure;
mod export;
mod support;
