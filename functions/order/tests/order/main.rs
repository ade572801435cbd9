//! The service on a real database and the AWS emulator, with a stand-in for the user service.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod attaching;
mod bank;
mod cancel;
mod carts;
mod erasure;
mod export;
mod following;
mod guests;
mod listing;
mod payments;
mod prices;
mod promotions;
mod reconcile;
mod refunds;
mod settings;
mod status;
mod stripe;
mod support;
mod trade;
mod warehouse;
