//! The environment, typed.

use std::str::FromStr;
use std::time::Duration;

use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{AppEnv, Env, Listen};
use cartwright_web::rules;

use crate::clients::Applications;

/// `PORT` when it is not set.
pub const PORT: u16 = 8004;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "migrate"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests only.
    Api,
    /// Queues only; answers health checks.
    Worker,
    /// Ends at once: every service has the role, this one has no schema.
    Migrate,
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            "migrate" => Ok(Self::Migrate),
            _ => Err("use all, api, worker or migrate"),
        }
    }
}

/// Everything the service reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// `ROLE`
    pub role: Role,
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// None for the role that ends by itself.
    pub serving: Option<Serving>,
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
    pub aws: AwsSettings,
    /// `USER_SERVICE_URL`
    pub user_service_urls: Vec<String>,
    /// `ORDER_SERVICE_URL`
    pub order_service_urls: Vec<String>,
    /// How mails look and where they lead.
    pub shop: Shop,
    /// `MAIL_FROM`: an address whose identity SES has verified.
    pub mail_from: String,
    /// `SENDING_LEASE_SECONDS`
    pub sending_lease: Duration,
    /// `PUSH_FCM_APPLICATION_ARN`, `PUSH_APNS_APPLICATION_ARN`
    pub push_applications: Applications,
}

/// The shop as its mails name it.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `SHOP_NAME`
    pub name: String,
    /// `PUBLIC_URL`, without a trailing slash.
    pub public_url: String,
    /// `SHOP_LOCALE`: for whoever has told no language that there are texts in.
    pub locale: String,
    /// `SHOP_OPERATIONS_EMAIL`: who is told about the stock; None: nobody.
    pub operations_email: Option<String>,
}

/// A lease must outlast one call of the provider by far, or a slow answer is taken for a crash.
const SHORTEST_LEASE_SECONDS: u64 = 60;

impl Config {
    /// Reads it; what is wrong is kept in `env`.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, PORT);
        let role = env.or("ROLE", Role::All);
        Self {
            listen,
            role,
            serving: (role != Role::Migrate).then(|| Serving::from_env(env, listen.app_env)),
        }
    }
}

impl Serving {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let public_url = env.urls("PUBLIC_URL").into_iter().next().unwrap_or_default();
        let lease: u64 = env.or("SENDING_LEASE_SECONDS", 120);
        if lease < 1 || (lease < SHORTEST_LEASE_SECONDS && !app_env.is_local()) {
            env.problem("SENDING_LEASE_SECONDS is too short: use 60 or more (1 or more in local and test)");
        }
        let mail_from: String = env.required("MAIL_FROM");
        if !mail_from.is_empty() && mail_from.parse::<lettre::Address>().is_err() {
            env.problem("MAIL_FROM is malformed: use an address such as shop@example.com");
        }
        let operations_email: Option<String> = env.optional("SHOP_OPERATIONS_EMAIL");
        if operations_email.as_ref().is_some_and(|email| email.parse::<lettre::Address>().is_err()) {
            env.problem("SHOP_OPERATIONS_EMAIL is malformed: use an address such as stock@example.com");
        }
        let locale: String = env.or("SHOP_LOCALE", "en".to_owned());
        if rules::locale(locale.clone().into()).is_err() {
            env.problem("SHOP_LOCALE is malformed: use a language tag such as en or de-AT");
        }
        Self {
            aws: AwsSettings::from_env(env),
            user_service_urls: env.urls("USER_SERVICE_URL"),
            order_service_urls: env.urls("ORDER_SERVICE_URL"),
            shop: Shop { name: env.required("SHOP_NAME"), public_url, locale, operations_email },
            mail_from,
            sending_lease: Duration::from_secs(lease),
            push_applications: Applications {
                fcm: env.optional("PUSH_FCM_APPLICATION_ARN"),
                apns: env.optional("PUSH_APNS_APPLICATION_ARN"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 10] = [
        ("APP_ENV", "production"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("RESOURCE_PREFIX", "cartwright-prod-"),
        ("SECRETS_PREFIX", "cartwright/prod/"),
        ("USER_SERVICE_URL", "http://user.internal:8001"),
        ("ORDER_SERVICE_URL", "http://order.internal:8003"),
        ("PUBLIC_URL", "https://shop.example/"),
        ("SHOP_NAME", "Cartwright"),
        ("MAIL_FROM", "shop@cartwright.example"),
    ];

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let mut env = Env::from_pairs(COMPLETE);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        let serving = config.serving.unwrap();
        assert_eq!(config.listen.address.to_string(), "0.0.0.0:8004");
        assert_eq!(serving.sending_lease, Duration::from_mins(2));
        assert_eq!(serving.shop.public_url, "https://shop.example");
    }

    #[test]
    fn a_lease_that_a_slow_provider_outlives_is_refused_outside_local() {
        let pairs = COMPLETE.into_iter().chain([
            ("SENDING_LEASE_SECONDS", "5"),
            ("MAIL_FROM", "no address"),
            ("SHOP_OPERATIONS_EMAIL", "nobody"),
            ("SHOP_LOCALE", "German"),
        ]);
        let mut env = Env::from_pairs(pairs);
        Config::from_env(&mut env);
        let error = env.finish().unwrap_err().to_string();
        assert!(
            ["SENDING_LEASE_SECONDS", "MAIL_FROM", "SHOP_OPERATIONS_EMAIL", "SHOP_LOCALE"]
                .iter()
                .all(|name| error.contains(name)),
            "{error}"
        );
    }

    #[test]
    fn a_migration_needs_nothing() {
        let mut env = Env::from_pairs([("APP_ENV", "production"), ("ROLE", "migrate")]);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        assert!(config.serving.is_none());
    }
}
