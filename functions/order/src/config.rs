//! The environment of the order service.

use std::time::Duration;

use cartwright_database::DatabaseSettings;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{Env, Listen};
use cartwright_types::Currency;
use chrono_tz::Tz;

/// Everything `.env.example` names for this service.
#[derive(Debug, Clone)]
pub struct Config {
    /// `ROLE`
    pub role: String,
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// `DATABASE_URL`
    pub database: DatabaseSettings,
    /// AWS and the names of its resources.
    pub aws: AwsSettings,
    /// `PRODUCT_SERVICE_URL`
    pub product_urls: Vec<String>,
    /// `USER_SERVICE_URL`
    pub user_urls: Vec<String>,
    /// What this shop is.
    pub shop: Shop,
    /// `PAYMENT_PROVIDERS`
    pub payment_providers: Vec<String>,
    /// `ORDER_EXPIRY_SECONDS`
    pub order_expiry: Duration,
    /// `RECONCILE_INTERVAL_SECONDS`
    pub reconcile_interval: Duration,
}

/// The shop, as orders and invoices show it.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `SHOP_NAME`
    pub name: String,
    /// `SHOP_CURRENCY`
    pub currency: Currency,
    /// `SHOP_TIME_ZONE`
    pub time_zone: Tz,
    /// `SHOP_ADDRESS`
    pub address: String,
    /// `SHOP_TAX_ID`
    pub tax_id: String,
}

/// The contract's expiry; other values are for tests.
const EXPIRY_SECONDS: u64 = 900;

impl Config {
    /// Reads the environment.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, 8003);
        let app_env = listen.app_env;
        let payment_providers = env.list("PAYMENT_PROVIDERS");
        if payment_providers.iter().any(|name| name != "test") {
            env.problem("PAYMENT_PROVIDERS is malformed: this version knows test");
        }
        if !app_env.is_local() && payment_providers.iter().any(|name| name == "test") {
            env.problem(
                "PAYMENT_PROVIDERS=test is for APP_ENV local and test only: anybody could pay with it",
            );
        }
        let expiry = env.or("ORDER_EXPIRY_SECONDS", EXPIRY_SECONDS);
        if expiry != EXPIRY_SECONDS && !app_env.is_local() {
            env.problem("ORDER_EXPIRY_SECONDS may differ from 900 in APP_ENV local and test only");
        }
        Self {
            listen,
            role: env.or("ROLE", "all".to_owned()),
            database: DatabaseSettings::from_env(env, app_env),
            aws: AwsSettings::from_env(env),
            product_urls: env.urls("PRODUCT_SERVICE_URL"),
            user_urls: env.urls("USER_SERVICE_URL"),
            shop: Shop {
                name: env.or("SHOP_NAME", "Cartwright".to_owned()),
                currency: env.or("SHOP_CURRENCY", Currency::EUR),
                time_zone: env.or("SHOP_TIME_ZONE", Tz::UTC),
                address: env.or("SHOP_ADDRESS", String::new()),
                tax_id: env.or("SHOP_TAX_ID", String::new()),
            },
            payment_providers,
            order_expiry: Duration::from_secs(expiry),
            reconcile_interval: Duration::from_secs(env.or("RECONCILE_INTERVAL_SECONDS", 120)),
        }
    }
}
