//! Which services there are.

use std::fmt;
use std::str::FromStr;

use crate::databases::Database;

/// A service of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// `user`
    User,
    /// `product`
    Product,
    /// `order`
    Order,
    /// `notification`
    Notification,
    /// `api-gateway`
    ApiGateway,
}

impl Service {
    /// All of them; the gateway last, as it is started.
    pub const ALL: [Self; 5] = [Self::User, Self::Product, Self::Order, Self::Notification, Self::ApiGateway];

    /// Package and binary.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Product => "product",
            Self::Order => "order",
            Self::Notification => "notification",
            Self::ApiGateway => "api-gateway",
        }
    }

    /// Where it listens when nothing else does.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::ApiGateway => 8000,
            Self::User => 8001,
            Self::Product => 8002,
            Self::Order => 8003,
            Self::Notification => 8004,
        }
    }

    /// Where its `/metrics` are when nothing else listens there.
    #[must_use]
    pub const fn default_admin_port(self) -> u16 {
        self.default_port() + 1000
    }

    /// Its database, if it has one.
    #[must_use]
    pub const fn database(self) -> Option<Database> {
        match self {
            Self::User => Some(Database::Users),
            Self::Product => Some(Database::Products),
            Self::Order => Some(Database::Orders),
            Self::Notification | Self::ApiGateway => None,
        }
    }

    /// The variable that tells the others where it is; the gateway has none.
    #[must_use]
    pub const fn url_variable(self) -> &'static str {
        match self {
            Self::User => "USER_SERVICE_URL",
            Self::Product => "PRODUCT_SERVICE_URL",
            Self::Order => "ORDER_SERVICE_URL",
            Self::Notification => "NOTIFICATION_SERVICE_URL",
            Self::ApiGateway => "BASE_URL",
        }
    }

    /// The variable of `.work/addresses.env` that says where its `/metrics` are.
    #[must_use]
    pub const fn admin_variable(self) -> &'static str {
        match self {
            Self::User => "USER_ADMIN_URL",
            Self::Product => "PRODUCT_ADMIN_URL",
            Self::Order => "ORDER_ADMIN_URL",
            Self::Notification => "NOTIFICATION_ADMIN_URL",
            Self::ApiGateway => "ADMIN_URL",
        }
    }

    /// The ANSI colour of its lines in the terminal.
    #[must_use]
    pub(super) const fn colour(self) -> u8 {
        match self {
            Self::User => 36,
            Self::Product => 32,
            Self::Order => 33,
            Self::Notification => 35,
            Self::ApiGateway => 34,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let short = text.strip_suffix("-service").unwrap_or(text);
        let found = Self::ALL.into_iter().find(|service| service.name() == short);
        found.or((short == "gateway").then_some(Self::ApiGateway)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no service {text:?}; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_folder_and_by_its_deployed_name() {
        assert_eq!("order".parse(), Ok(Service::Order));
        assert_eq!("order-service".parse(), Ok(Service::Order));
        assert_eq!("gateway".parse(), Ok(Service::ApiGateway));
        assert!("orders".parse::<Service>().unwrap_err().contains("api-gateway"));
    }
}
