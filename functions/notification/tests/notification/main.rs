//! The service against the AWS emulator (`AWS_ENDPOINT_URL`), with a stand-in for the user service.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod asking;
mod delivery;
mod devices;
mod erasure;
mod export;
mod guests;
mod history;
mod mails;
mod of_order;
mod preferences;
mod providers;
mod queues;
mod retries;
mod support;
mod templates;
mod tracking;
