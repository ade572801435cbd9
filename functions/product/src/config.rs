//! The environment, typed.

use std::str::FromStr;

use cartwright_database::DatabaseSettings;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{Env, Listen};
use cartwright_types::Currency;

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests only.
    Api,
    /// Queue and sweeper only; answers health checks.
    Worker,
    /// Brings the schema up to date and ends.
    Migrate,
    /// Reads a catalogue from standard input and ends.
    LoadCatalogue,
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            "migrate" => Ok(Self::Migrate),
            "load-catalogue" => Ok(Self::LoadCatalogue),
            _ => Err("use all, api, worker, migrate or load-catalogue"),
        }
    }
}

impl Role {
    /// Whether it ends by itself: then it needs neither AWS nor a port.
    #[must_use]
    pub const fn is_task(self) -> bool {
        matches!(self, Self::Migrate | Self::LoadCatalogue)
    }
}

/// Everything the service reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// `ROLE`
    pub role: Role,
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// `DATABASE_URL`, `DATABASE_MAX_CONNECTIONS`
    pub database: DatabaseSettings,
    /// `SHOP_CURRENCY`: every price is in it.
    pub currency: Currency,
    /// None for the roles that end by themselves.
    pub serving: Option<Serving>,
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
    pub aws: AwsSettings,
    /// `IMAGES_BASE_URL`, without a trailing slash.
    pub images_base_url: String,
}

impl Config {
    /// Reads it; what is wrong is kept in `env`.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, 8002);
        let role = env.or("ROLE", Role::All);
        Self {
            listen,
            role,
            database: DatabaseSettings::from_env(env, listen.app_env),
            currency: env.or("SHOP_CURRENCY", Currency::EUR),
            serving: (!role.is_task()).then(|| Serving::from_env(env)),
        }
    }
}

impl Serving {
    fn from_env(env: &mut Env) -> Self {
        let images: String = env.required("IMAGES_BASE_URL");
        Self { aws: AwsSettings::from_env(env), images_base_url: images.trim_end_matches('/').to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_needs_a_database_and_nothing_else() {
        let url = ("DATABASE_URL", "postgres://migrator@127.0.0.1/products");
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("ROLE", "migrate"), url]);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        assert!(config.serving.is_none());
        assert_eq!(config.listen.address.to_string(), "127.0.0.1:8002");
    }
}
