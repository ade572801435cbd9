//! The stand-in for Stripe: its answers have the form that Stripe's specification gives them, and its books cannot be fooled.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod behaviour;
mod client;
mod specification;
