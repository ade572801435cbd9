//! The variables of `.env.example`, filled in for one stack.

use std::collections::BTreeMap;
use std::path::Path;

use cartwright_contracts::Names;

use super::Service;
use crate::databases::Databases;

/// Where mail comes from.
pub const MAIL_FROM: &str = "shop@cartwright.example";
/// Where marketing comes from.
pub const MARKETING_MAIL_FROM: &str = "news@cartwright.example";

/// A folder where the services write down what they call of AWS, if set.
pub const AWS_CALLS_VARIABLE: &str = "CARTWRIGHT_AWS_CALLS";

/// Where everything of a stack is.
#[derive(Debug, Clone)]
pub struct Places {
    /// The emulator.
    pub aws_endpoint: String,
    /// Redis, if there is one.
    pub redis_url: Option<String>,
    /// The services' databases.
    pub databases: Databases,
    /// The names of the AWS resources.
    pub names: Names,
    /// Each service's port of 127.0.0.1.
    pub ports: BTreeMap<Service, u16>,
    /// Each service's port of `/metrics`.
    pub admin_ports: BTreeMap<Service, u16>,
}

impl Places {
    /// Where a service is reached.
    #[must_use]
    pub fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.port(service))
    }

    /// The port of 127.0.0.1 on which a service is reached.
    #[must_use]
    pub fn port(&self, service: Service) -> u16 {
        self.ports.get(&service).copied().unwrap_or_else(|| service.default_port())
    }

    /// The port of 127.0.0.1 on which a service serves `/metrics`.
    #[must_use]
    pub fn admin_port(&self, service: Service) -> u16 {
        self.admin_ports.get(&service).copied().unwrap_or_else(|| service.default_admin_port())
    }

    /// Where a service serves `/metrics`.
    #[must_use]
    pub fn admin_url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.admin_port(service))
    }
}

/// What the services of a stack are told.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where everything is.
    pub places: Places,
    /// `APP_ENV`: `local` or `test`.
    pub app_env: &'static str,
    /// `LOG_LEVEL`
    pub log_level: String,
    /// Set last, over everything else.
    pub overrides: BTreeMap<String, String>,
}

impl Setup {
    /// The environment of a service that serves (`ROLE=all`).
    #[must_use]
    pub fn environment(&self, service: Service) -> BTreeMap<String, String> {
        let places = &self.places;
        let base_url = places.url(Service::ApiGateway);
        let images = format!("{}/{}", places.aws_endpoint, places.names.of("images"));
        let mut all: BTreeMap<String, String> = [
            ("APP_ENV", self.app_env),
            ("ROLE", "all"),
            ("HOST", "127.0.0.1"),
            ("ADMIN_HOST", "127.0.0.1"),
            ("LOG_LEVEL", &self.log_level),
            ("RESOURCE_PREFIX", &places.names.prefix),
            ("SECRETS_PREFIX", &places.names.secrets_prefix),
            ("AWS_REGION", &places.names.region),
            ("AWS_ACCOUNT_ID", &places.names.account_id),
            ("AWS_ENDPOINT_URL", &places.aws_endpoint),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("DATABASE_MAX_CONNECTIONS", "10"),
            ("SHOP_NAME", "Cartwright"),
            ("SHOP_CURRENCY", "EUR"),
            ("SHOP_TIME_ZONE", "Europe/Berlin"),
            ("SHOP_ADDRESS", "Cartwright GmbH, Wagnerstr. 1, 10115 Berlin, Germany"),
            ("SHOP_TAX_ID", "DE123456789"),
            ("PUBLIC_URL", &base_url),
            ("JWT_ISSUER", &base_url),
            ("JWT_AUDIENCE", "cartwright"),
            ("REQUIRE_VERIFIED_EMAIL", "true"),
            // A test's buyers all come from one address, and more of them than any limit would let in.
            ("RATE_LIMIT_SCALE", if self.app_env == "test" { "1000" } else { "20" }),
            ("IMAGES_BASE_URL", &images),
            ("PAYMENT_PROVIDERS", "test"),
            ("ORDER_EXPIRY_SECONDS", "900"),
            ("RECONCILE_INTERVAL_SECONDS", "120"),
            ("MAIL_FROM", MAIL_FROM),
            ("MARKETING_MAIL_FROM", MARKETING_MAIL_FROM),
            ("SHOP_LOCALE", "en"),
            ("SHOP_OPERATIONS_EMAIL", "stock@cartwright.example"),
            ("PUSH_FCM_APPLICATION_ARN", &places.names.application_arn("GCM", "fcm")),
            ("PUSH_APNS_APPLICATION_ARN", &places.names.application_arn("APNS", "apns")),
            ("SENDING_LEASE_SECONDS", "120"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if self.app_env == "test" {
            // The emulator's account may send fourteen mails a second, and a test's buyers place more orders.
            all.insert("SES_SEND_RATE".to_owned(), "1000".to_owned());
        }
        all.insert("PORT".to_owned(), places.port(service).to_string());
        all.insert("ADMIN_PORT".to_owned(), places.admin_port(service).to_string());
        for other in Service::ALL.into_iter().filter(|other| *other != Service::ApiGateway) {
            all.insert(other.url_variable().to_owned(), places.url(other));
        }
        if let Some(url) = &places.redis_url {
            all.insert("REDIS_URL".to_owned(), url.clone());
        }
        if let Some(database) = service.database() {
            all.insert("DATABASE_URL".to_owned(), places.databases.service_url(database));
        }
        if let Some(folder) = std::env::var_os(AWS_CALLS_VARIABLE) {
            let file = calls_file(Path::new(&folder), service, &places.names);
            all.insert("AWS_CALLS_FILE".to_owned(), file);
        }
        all.extend(self.overrides.clone());
        all
    }

    /// The environment for a one-off role, which in `migrate` connects as the schemas' owner.
    #[must_use]
    pub fn environment_for_role(&self, service: Service, role: &str) -> BTreeMap<String, String> {
        let mut all = self.environment(service);
        all.insert("ROLE".to_owned(), role.to_owned());
        if let Some(database) = service.database().filter(|_| role == "migrate") {
            all.insert("DATABASE_URL".to_owned(), self.places.databases.migrator_url(database));
        }
        all
    }
}

/// One for each service of each stack: `order-t1a2b3c4d.jsonl`.
fn calls_file(folder: &Path, service: Service, names: &Names) -> String {
    let stack = names.prefix.trim_start_matches("cartwright-").trim_end_matches('-');
    folder.join(format!("{service}-{stack}.jsonl")).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::databases::Databases;

    fn setup() -> Setup {
        Setup {
            places: Places {
                aws_endpoint: "http://127.0.0.1:4566".to_owned(),
                redis_url: None,
                databases: Databases::named("postgres://postgres:secret@127.0.0.1:5432/postgres", "")
                    .unwrap(),
                names: crate::provision::names("local"),
                ports: BTreeMap::from([(Service::Order, 18_003)]),
                admin_ports: BTreeMap::new(),
            },
            app_env: "local",
            log_level: "info".to_owned(),
            overrides: BTreeMap::from([("ORDER_EXPIRY_SECONDS".to_owned(), "3".to_owned())]),
        }
    }

    #[test]
    fn every_variable_of_the_example_file_is_set() {
        let example = include_str!("../../../.env.example");
        let variables = example.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim());
        let environment = setup().environment(Service::Order);
        for name in variables.filter(|name| !name.starts_with('#')) {
            assert!(environment.contains_key(name), "{name} is in .env.example and not set");
        }
    }

    #[test]
    fn an_override_wins_and_a_port_that_was_moved_is_told_to_all() {
        let environment = setup().environment(Service::User);
        assert_eq!(environment["ORDER_EXPIRY_SECONDS"], "3");
        assert_eq!(environment["ORDER_SERVICE_URL"], "http://127.0.0.1:18003");
    }

    #[test]
    fn calls_of_different_stacks_lie_in_different_files() {
        let file =
            calls_file(Path::new("/calls"), Service::ApiGateway, &crate::provision::names("t1a2b3c4d"));
        assert_eq!(file, "/calls/api-gateway-t1a2b3c4d.jsonl");
    }

    #[test]
    fn a_service_never_gets_the_role_that_owns_the_schema() {
        let setup = setup();
        let serving = &setup.environment(Service::Order)["DATABASE_URL"];
        assert!(serving.contains("//order_service:"), "{serving}");
        let migrating = &setup.environment_for_role(Service::Order, "migrate")["DATABASE_URL"];
        assert!(migrating.contains("//migrator:"), "{migrating}");
        assert!(!setup.environment(Service::Notification).contains_key("DATABASE_URL"));
    }
}
