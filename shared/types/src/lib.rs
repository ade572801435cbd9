//! The vocabulary that every crate shares: money, identifiers, addresses, the clock, randomness and roles. No I/O.

mod clock;
mod email;
mod hex;
mod id;
mod money;
pub mod random;
mod role;

pub use clock::{Clock, SharedClock, SystemClock};
pub use email::EmailAddress;
pub use hex::{hex, push_hex};
pub use id::{
    AddressId, CartLineId, CategoryId, EventId, ImageId, InvoiceId, NotificationId, OrderId, OrderLineId,
    PaymentId, ProductId, RefundId, ReservationId, SessionId, ShippingMethodId, UserId, VariantId, new_uuid,
};
pub use money::{Currency, Money, MoneyError};
pub use role::{Role, UnknownRole};
