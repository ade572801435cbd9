//! The payloads, one file per producer. `schemas/` holds the JSON Schema of each; a test keeps them equal.

/// Implements [`crate::Event`].
macro_rules! event {
    ($name:ident, $type:literal, $aggregate:literal) => {
        impl $crate::Event for $name {
            const TYPE: &'static str = $type;
            const AGGREGATE: &'static str = $aggregate;
        }
    };
}

mod notification;
mod order;
mod product;
mod user;

pub use notification::{NotificationBounced, NotificationComplained};
pub use order::{
    InvoiceIssued, OrderCancelled, OrderExpired, OrderPaid, OrderPaymentFailed, OrderPlaced, OrderRefunded,
    OrderStatusChanged, PaidLine, RefundedLine, Tracking,
};
pub use product::{
    InventoryBackInStock, InventoryLow, ProductArchived, ProductCreated, ProductImageReady, ProductUpdated,
};
pub use user::{
    SessionRevoked, UserErased, UserPasswordChanged, UserRegistered, UserSuspended, UserVerified,
};
