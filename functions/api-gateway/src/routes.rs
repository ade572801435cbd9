//! The one route table: what is not in it is not reachable from outside.

use std::time::Duration;

use cartwright_types::Role;

/// A service behind the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Accounts and sessions.
    User,
    /// Catalogue and stock.
    Product,
    /// Carts, orders, payments.
    Order,
    /// Messages to people.
    Notification,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::User, Self::Product, Self::Order, Self::Notification];

    /// Its name: in logs, as the audience of internal tokens, and in its key's secret.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Product => "product",
            Self::Order => "order",
            Self::Notification => "notification",
        }
    }

    /// The variable that says where it is.
    #[must_use]
    pub const fn url_variable(self) -> &'static str {
        match self {
            Self::User => "USER_SERVICE_URL",
            Self::Product => "PRODUCT_SERVICE_URL",
            Self::Order => "ORDER_SERVICE_URL",
            Self::Notification => "NOTIFICATION_SERVICE_URL",
        }
    }
}

/// What a bearer token on a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// An access token, verified here.
    Access,
    /// An opaque refresh token that only the user service can judge; it goes there as `X-Refresh-Token`.
    Refresh,
}

/// Which paths a row is for, of those that begin with its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The prefix itself, with or without a trailing slash, and what is below it.
    Whole,
    /// What is below it.
    Below,
    /// One segment below it, such as an id.
    One,
}

/// What an answer can be given beside its own members: `?expand=NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// In the query, and of the member.
    pub name: &'static str,
    /// Who has it.
    pub service: Service,
    /// What it is asked, with the id of the path for `{id}`; the answer is a JSON array.
    pub path: &'static str,
    /// How the API's document calls an entry of it.
    pub entry: &'static str,
    /// How long the service has to answer. After that the answer goes without.
    pub patience: Duration,
}

impl Expansion {
    /// One that is waited for 2 s.
    #[must_use]
    pub const fn new(name: &'static str, service: Service, path: &'static str, entry: &'static str) -> Self {
        Self { name, service, path, entry, patience: Duration::from_secs(2) }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Route {
    /// Whole leading segments of the path; the longest that fits wins.
    pub prefix: &'static str,
    /// Of two rows with one prefix, the one for what is below it wins there.
    pub reach: Reach,
    /// Where it goes.
    pub service: Service,
    /// Who may come here at all; the service decides the rest.
    pub role: Option<Role>,
    /// What `Authorization: Bearer` holds.
    pub bearer: Bearer,
    /// Bytes of a request body.
    pub body_limit: u64,
    /// How long the service has until it begins to answer. A long answer may take longer.
    pub timeout: Duration,
    /// Whether it comes through while the service has too much else to do.
    pub first: bool,
    /// Whether public answers to reads are kept for a moment.
    pub cached: bool,
    /// What answers to reads can be given beside. Only where [`Reach::One`] says whose.
    pub expansions: &'static [Expansion],
}

impl Route {
    /// A row for everybody, with access tokens, 1 MiB and 30 s.
    #[must_use]
    pub const fn to(service: Service, prefix: &'static str) -> Self {
        Self {
            prefix,
            reach: Reach::Whole,
            service,
            role: None,
            bearer: Bearer::Access,
            body_limit: 1024 * 1024,
            timeout: Duration::from_secs(30),
            first: false,
            cached: false,
            expansions: &[],
        }
    }

    const fn below(mut self) -> Self {
        self.reach = Reach::Below;
        self
    }

    /// The same for one thing below the prefix, whose answers can be given `expansions`.
    #[must_use]
    pub const fn one(mut self, expansions: &'static [Expansion]) -> Self {
        self.reach = Reach::One;
        self.expansions = expansions;
        self
    }

    const fn only_for(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    const fn cached(mut self) -> Self {
        self.cached = true;
        self
    }

    /// A provider that is turned away tells it again much later.
    const fn first(mut self) -> Self {
        self.first = true;
        self
    }

    const fn with_bearer(mut self, bearer: Bearer) -> Self {
        self.bearer = bearer;
        self
    }

    fn covers(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.prefix) else { return false };
        match self.reach {
            Reach::Whole => rest.is_empty() || rest.starts_with('/'),
            Reach::Below => rest.starts_with('/') && rest != "/",
            Reach::One => {
                let one = rest.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
                one.is_some_and(|one| !one.is_empty() && !one.contains('/'))
            }
        }
    }
}

/// `GET /orders/{id}?expand=`
static OF_AN_ORDER: [Expansion; 2] = [
    Expansion::new("payments", Service::Order, "/internal/orders/{id}/payments", "Payment"),
    Expansion::new(
        "notifications",
        Service::Notification,
        "/internal/orders/{id}/notifications",
        "Notification",
    ),
];

/// The table. `Role::Customer` is everybody who is signed in.
pub static ROUTES: [Route; 23] = [
    Route::to(Service::User, "/.well-known/jwks.json"),
    Route::to(Service::User, "/auth"),
    Route::to(Service::User, "/auth/logout").only_for(Role::Customer),
    Route::to(Service::User, "/auth/logout-all").only_for(Role::Customer),
    Route::to(Service::User, "/auth/password/change").only_for(Role::Customer),
    Route::to(Service::User, "/auth/refresh").with_bearer(Bearer::Refresh),
    Route::to(Service::User, "/auth/sessions").only_for(Role::Customer),
    // Anybody may register by POST.
    Route::to(Service::User, "/users"),
    Route::to(Service::User, "/users").below().only_for(Role::Customer),
    Route::to(Service::User, "/api-keys").only_for(Role::Admin),
    Route::to(Service::Product, "/products").cached(),
    Route::to(Service::Product, "/categories").cached(),
    Route::to(Service::Product, "/inventory").only_for(Role::Staff),
    Route::to(Service::Order, "/cart"),
    Route::to(Service::Order, "/orders"),
    Route::to(Service::Order, "/orders").one(&OF_AN_ORDER),
    Route::to(Service::Order, "/payments"),
    Route::to(Service::Order, "/shipping-methods"),
    Route::to(Service::Order, "/tax-rates"),
    Route::to(Service::Order, "/promotions").only_for(Role::Staff),
    Route::to(Service::Order, "/webhooks/stripe").first(),
    Route::to(Service::Notification, "/notifications"),
    Route::to(Service::Notification, "/notifications/suppressions").only_for(Role::Staff),
];

/// The row of `table` for a path that [`crate::target::check`] let through.
#[must_use]
pub fn find<'a>(table: &'a [Route], path: &str) -> Option<&'a Route> {
    table.iter().filter(|route| route.covers(path)).max_by_key(|route| (route.prefix.len(), route.reach))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(path: &str) -> Option<Service> {
        find(&ROUTES, path).map(|route| route.service)
    }

    #[test]
    fn each_prefix_goes_to_the_service_that_the_contract_names() {
        let table = [
            (Service::User, ["/auth/login", "/users/me", "/.well-known/jwks.json", "/api-keys"]),
            (Service::Product, ["/products", "/categories/", "/inventory/A-1", "/products/x/images"]),
            (Service::Order, ["/cart/items", "/orders/x/pay", "/payments/x/capture", "/tax-rates"]),
            (Service::Order, ["/shipping-methods", "/promotions", "/orders/", "/cart"]),
            (Service::Order, ["/webhooks/stripe", "/webhooks/stripe/", "/payments/x", "/payments"]),
            (
                Service::Notification,
                ["/notifications/email", "/notifications", "/notifications/x/", "/notifications/"],
            ),
        ];
        for (expected, paths) in table {
            for path in paths {
                assert_eq!(service(path), Some(expected), "{path}");
            }
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_nowhere() {
        let paths = [
            "/",
            "/internal/quotes",
            "/metrics",
            "/health",
            "/health/live",
            "/userspace",
            "/orders2",
            "/Users",
            "/%75sers",
            "/.well-known",
            "/.well-known/jwks.jsonx",
            "/webhooks",
            "/webhooks/stripes",
            "*",
            "",
        ];
        for path in paths {
            assert_eq!(service(path), None, "{path}");
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        assert_eq!(find(&ROUTES, "/auth/refresh/").map(|route| route.bearer), Some(Bearer::Refresh));
        assert_eq!(find(&ROUTES, "/auth/refreshed").map(|route| route.bearer), Some(Bearer::Access));
    }

    #[test]
    fn one_order_can_be_expanded_and_neither_the_list_nor_what_is_below_an_order() {
        let expansions = |path| find(&ROUTES, path).map_or(0, |route| route.expansions.len());
        for path in ["/orders/x", "/orders/x/"] {
            assert_eq!(expansions(path), 2, "{path}");
        }
        for path in ["/orders", "/orders/", "/orders/x/events", "/orders/x/events/", "/payments/x"] {
            assert_eq!(expansions(path), 0, "{path}");
        }
    }

    #[test]
    fn an_expansion_is_asked_inside_about_the_one_thing_and_named_once() {
        for route in ROUTES.iter().filter(|route| !route.expansions.is_empty()) {
            assert_eq!(route.reach, Reach::One, "{}", route.prefix);
            for (at, expansion) in route.expansions.iter().enumerate() {
                let Expansion { name, path, .. } = expansion;
                assert!(path.starts_with("/internal/") && path.contains("{id}"), "{path}");
                assert!(route.expansions[..at].iter().all(|other| other.name != *name), "{name}");
            }
        }
    }

    #[test]
    fn what_only_signed_in_callers_may_use_needs_one_and_its_neighbours_do_not() {
        let role = |path| find(&ROUTES, path).and_then(|route| route.role);
        let signed_in = [
            "/auth/logout",
            "/auth/logout/",
            "/auth/logout-all",
            "/auth/sessions",
            "/auth/sessions/x",
            "/auth/password/change",
            "/users/me",
            "/users/x/addresses/",
        ];
        for path in signed_in {
            assert_eq!(role(path), Some(Role::Customer), "{path}");
        }
        let open = [
            "/users",
            "/users/",
            "/auth/login",
            "/auth/refresh",
            "/auth/register",
            "/auth/password",
            "/auth/password/forgot",
            "/auth/password/reset",
            "/auth/logouts",
        ];
        for path in open {
            assert_eq!(role(path), None, "{path}");
        }
    }
}
