//! Identifiers: UUIDv7, one type per thing, so that an order's id is never taken for a user's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Clock, random};

/// A fresh UUIDv7 (RFC 9562, section 5.7) of the clock's millisecond.
#[must_use]
pub fn new_uuid(clock: &dyn Clock) -> Uuid {
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random::for_ids()).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh identifier.
            #[must_use]
            pub fn new(clock: &dyn Clock) -> Self {
                Self(new_uuid(clock))
            }

            /// The bare UUID, for SQL and keys.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A user of the shop.
    UserId,
    /// A signed-in session (a family of refresh tokens).
    SessionId,
    /// An entry of an address book.
    AddressId,
    /// A product.
    ProductId,
    /// A variant of a product; it carries the sku.
    VariantId,
    /// A category.
    CategoryId,
    /// A picture of a product.
    ImageId,
    /// A reservation of stock; equal to the id of its order.
    ReservationId,
    /// A line of a cart.
    CartLineId,
    /// An order.
    OrderId,
    /// A line of an order.
    OrderLineId,
    /// A payment.
    PaymentId,
    /// Money that goes back.
    RefundId,
    /// An invoice.
    InvoiceId,
    /// A way to ship.
    ShippingMethodId,
    /// A message to a person.
    NotificationId,
    /// A domain event.
    EventId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[test]
    fn identifiers_are_version_7_and_sort_by_time() {
        let first = OrderId::new(&SystemClock);
        std::thread::sleep(std::time::Duration::from_millis(2));
        let second = OrderId::new(&SystemClock);
        assert_eq!(first.uuid().get_version_num(), 7);
        assert!(first < second);
    }
}
