//! The environment, typed.

use std::str::FromStr;
use std::time::Duration;

use cartwright_database::DatabaseSettings;
use cartwright_database::server::ServerSettings;
use cartwright_redis::RedisUrl;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{AppEnv, Env, Listen};
use cartwright_types::Currency;
use chrono_tz::Tz;

use crate::clients::payments::stripe::StripeSettings;

/// `PORT` when it is not set.
pub const PORT: u16 = 8003;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "create-database", "migrate", "load-shop"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests, and the relay: whoever writes also sends.
    Api,
    /// Queues, sweepers and relay; answers health checks.
    Worker,
    /// Makes database and roles and ends.
    CreateDatabase,
    /// Brings the schema up to date and ends.
    Migrate,
    /// Reads shipping methods, tax rates and promotions from standard input and ends.
    LoadShop,
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            "create-database" => Ok(Self::CreateDatabase),
            "migrate" => Ok(Self::Migrate),
            "load-shop" => Ok(Self::LoadShop),
            _ => Err("use all, api, worker, create-database, migrate or load-shop"),
        }
    }
}

/// Everything the service reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// `DATABASE_URL`, `DATABASE_PASSWORD`, `DATABASE_MAX_CONNECTIONS`
    pub database: DatabaseSettings,
    /// `ROLE`, with what that role needs.
    pub task: Task,
}

/// What the process does.
#[derive(Debug)]
pub enum Task {
    /// `ROLE=create-database`
    CreateDatabase(ServerSettings),
    /// `ROLE=migrate`
    Migrate,
    /// `ROLE=load-shop`
    LoadShop {
        /// `SHOP_CURRENCY`: every price is in it.
        currency: Currency,
    },
    /// Every other role.
    Serve(Box<Serving>),
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// False for `ROLE=api`.
    pub worker: bool,
    /// AWS and the names of its resources.
    pub aws: AwsSettings,
    /// `REDIS_URL`
    pub redis: Option<RedisUrl>,
    /// `PRODUCT_SERVICE_URL`
    pub product_urls: Vec<String>,
    /// `USER_SERVICE_URL`
    pub user_urls: Vec<String>,
    /// What this shop is.
    pub shop: Shop,
    /// `PAYMENT_PROVIDERS`; without one nobody can pay.
    pub payment_providers: Vec<String>,
    /// `STRIPE_…`, when it is one of them.
    pub stripe: Option<StripeSettings>,
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
    /// Reads it; what is wrong is kept in `env`.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, PORT);
        let database = DatabaseSettings::from_env(env, listen.app_env);
        let task = match env.or("ROLE", Role::All) {
            Role::CreateDatabase => {
                Task::CreateDatabase(ServerSettings::from_env(env, listen.app_env, &database))
            }
            Role::Migrate => Task::Migrate,
            Role::LoadShop => Task::LoadShop { currency: currency(env) },
            role => Task::Serve(Box::new(Serving::from_env(role, env, listen.app_env))),
        };
        Self { listen, database, task }
    }
}

impl Serving {
    fn from_env(role: Role, env: &mut Env, app_env: AppEnv) -> Self {
        let payment_providers = payment_providers(env, app_env);
        Self {
            worker: role != Role::Api,
            aws: AwsSettings::from_env(env),
            redis: RedisUrl::from_env(env, app_env),
            product_urls: env.urls("PRODUCT_SERVICE_URL"),
            user_urls: env.urls("USER_SERVICE_URL"),
            shop: Shop::from_env(env),
            stripe: stripe(env, app_env, payment_providers.iter().any(|name| name == "stripe")),
            payment_providers,
            order_expiry: order_expiry(env, app_env),
            reconcile_interval: Duration::from_secs(env.or("RECONCILE_INTERVAL_SECONDS", 120)),
        }
    }
}

impl Shop {
    fn from_env(env: &mut Env) -> Self {
        Self {
            name: env.or("SHOP_NAME", "Cartwright".to_owned()),
            currency: currency(env),
            time_zone: env.or("SHOP_TIME_ZONE", Tz::UTC),
            address: env.or("SHOP_ADDRESS", String::new()),
            tax_id: env.or("SHOP_TAX_ID", String::new()),
        }
    }
}

fn currency(env: &mut Env) -> Currency {
    env.or("SHOP_CURRENCY", Currency::EUR)
}

fn payment_providers(env: &mut Env, app_env: AppEnv) -> Vec<String> {
    let names = env.list("PAYMENT_PROVIDERS");
    if names.iter().any(|name| !["stripe", "test"].contains(&name.as_str())) {
        env.problem("PAYMENT_PROVIDERS is malformed: this version knows stripe and test");
    }
    if !app_env.is_local() && names.iter().any(|name| name == "test") {
        env.problem("PAYMENT_PROVIDERS=test is for APP_ENV local and test only: anybody could pay with it");
    }
    names
}

fn stripe(env: &mut Env, app_env: AppEnv, is_on: bool) -> Option<StripeSettings> {
    let publishable_key = env.optional("STRIPE_PUBLISHABLE_KEY");
    let account = env.optional("STRIPE_ACCOUNT");
    let webhook_secrets = env.list("STRIPE_WEBHOOK_SECRET");
    let base_url: String = env.or("STRIPE_BASE_URL", "https://api.stripe.com".to_owned());
    let is_safe = base_url.starts_with("https://");
    if !(is_safe || app_env.is_local() && base_url.starts_with("http://")) {
        env.problem(
            "STRIPE_BASE_URL is malformed: it starts with https:// (http:// in APP_ENV local and test)",
        );
    }
    if !is_on {
        let _: Option<String> = env.optional("STRIPE_SECRET_KEY");
        return None;
    }
    let secret_key: String = env.required("STRIPE_SECRET_KEY");
    let kinds = ["sk_test_", "rk_test_", "sk_live_", "rk_live_"];
    if !secret_key.is_empty() && !kinds.iter().any(|kind| secret_key.starts_with(kind)) {
        env.problem(
            "STRIPE_SECRET_KEY is malformed: it starts with sk_test_, rk_test_, sk_live_ or rk_live_",
        );
    }
    if webhook_secrets.len() > 2 {
        env.problem(
            "STRIPE_WEBHOOK_SECRET is malformed: one secret, or two while one takes the other's place",
        );
    }
    let base_url = base_url.trim_end_matches('/').to_owned();
    Some(StripeSettings { base_url, secret_key, webhook_secrets, publishable_key, account })
}

fn order_expiry(env: &mut Env, app_env: AppEnv) -> Duration {
    let expiry = env.or("ORDER_EXPIRY_SECONDS", EXPIRY_SECONDS);
    if expiry != EXPIRY_SECONDS && !app_env.is_local() {
        env.problem("ORDER_EXPIRY_SECONDS may differ from 900 in APP_ENV local and test only");
    }
    Duration::from_secs(expiry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: &str = "postgres://order_service@db/orders?sslmode=verify-full";

    #[test]
    fn a_migration_needs_a_database_and_nothing_else() {
        let pairs = [("APP_ENV", "production"), ("ROLE", "migrate"), ("DATABASE_URL", DATABASE)];
        let mut env = Env::from_pairs(pairs);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        assert!(matches!(config.task, Task::Migrate));
    }

    fn serving(extra: &[(&'static str, &'static str)]) -> Result<Vec<String>, String> {
        let base = [
            ("APP_ENV", "production"),
            ("DATABASE_URL", DATABASE),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCOUNT_ID", "123456789012"),
            ("RESOURCE_PREFIX", "cartwright-prod-"),
            ("SECRETS_PREFIX", "cartwright/prod/"),
            ("PRODUCT_SERVICE_URL", "http://product.internal:8002"),
            ("USER_SERVICE_URL", "http://user.internal:8001"),
        ];
        let mut env = Env::from_pairs(base.into_iter().chain(extra.iter().copied()));
        let config = Config::from_env(&mut env);
        env.finish().map_err(|error| error.to_string())?;
        let Task::Serve(serving) = config.task else { panic!("{config:?}") };
        Ok(serving.payment_providers)
    }

    #[test]
    fn a_shop_may_open_before_it_has_a_payment_provider_and_never_with_the_test_one() {
        assert!(serving(&[]).unwrap().is_empty());
        assert!(serving(&[("PAYMENT_PROVIDERS", "")]).unwrap().is_empty());
        assert!(serving(&[("PAYMENT_PROVIDERS", "test")]).unwrap_err().contains("PAYMENT_PROVIDERS=test"));
    }

    #[test]
    fn stripe_needs_its_key_and_shows_it_to_nobody() {
        let with = |more: &[(&'static str, &'static str)]| {
            serving(&[&[("PAYMENT_PROVIDERS", "stripe")][..], more].concat())
        };
        assert!(with(&[]).unwrap_err().contains("STRIPE_SECRET_KEY is missing"));
        assert!(
            with(&[("STRIPE_SECRET_KEY", "hunter2")]).unwrap_err().contains("STRIPE_SECRET_KEY is malformed")
        );
        let key = ("STRIPE_SECRET_KEY", "sk_live_hunter2");
        assert_eq!(with(&[key]).unwrap(), ["stripe"]);
        assert!(with(&[key, ("STRIPE_BASE_URL", "http://x")]).unwrap_err().contains("STRIPE_BASE_URL"));
        assert!(
            with(&[key, ("STRIPE_WEBHOOK_SECRET", "a,b,c")]).unwrap_err().contains("STRIPE_WEBHOOK_SECRET")
        );
        let settings = StripeSettings {
            base_url: "https://api.stripe.com".to_owned(),
            secret_key: "sk_live_hunter2".to_owned(),
            webhook_secrets: vec!["whsec_hunter2".to_owned()],
            publishable_key: None,
            account: None,
        };
        assert!(settings.is_live());
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn the_expiry_of_orders_is_the_contracts_outside_local() {
        assert!(serving(&[("ORDER_EXPIRY_SECONDS", "3")]).unwrap_err().contains("ORDER_EXPIRY_SECONDS"));
    }
}
