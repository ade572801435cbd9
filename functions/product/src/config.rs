//! The environment, typed.

use std::str::FromStr;

use cartwright_database::DatabaseSettings;
use cartwright_database::server::ServerSettings;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{Env, Listen};
use cartwright_types::Currency;

/// `PORT` when it is not set.
pub const PORT: u16 = 8002;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "create-database", "migrate", "load-catalogue"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests only.
    Api,
    /// Queue and sweeper only; answers health checks.
    Worker,
    /// Makes database and roles and ends.
    CreateDatabase,
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
            "create-database" => Ok(Self::CreateDatabase),
            "migrate" => Ok(Self::Migrate),
            "load-catalogue" => Ok(Self::LoadCatalogue),
            _ => Err("use all, api, worker, create-database, migrate or load-catalogue"),
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
    /// `ROLE=load-catalogue`
    LoadCatalogue {
        /// `SHOP_CURRENCY`: every price is in it.
        currency: Currency,
    },
    /// Every other role.
    Serve(Serving),
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// False for `ROLE=worker`.
    pub api: bool,
    /// False for `ROLE=api`.
    pub worker: bool,
    /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
    pub aws: AwsSettings,
    /// `SHOP_CURRENCY`: every price is in it.
    pub currency: Currency,
    /// `IMAGES_BASE_URL`, without a trailing slash.
    pub images_base_url: String,
}

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
            Role::LoadCatalogue => Task::LoadCatalogue { currency: currency(env) },
            role => Task::Serve(Serving::from_env(role, env)),
        };
        Self { listen, database, task }
    }
}

impl Serving {
    fn from_env(role: Role, env: &mut Env) -> Self {
        let images: String = env.required("IMAGES_BASE_URL");
        Self {
            api: role != Role::Worker,
            worker: role != Role::Api,
            aws: AwsSettings::from_env(env),
            currency: currency(env),
            images_base_url: images.trim_end_matches('/').to_owned(),
        }
    }
}

fn currency(env: &mut Env) -> Currency {
    env.or("SHOP_CURRENCY", Currency::EUR)
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
        assert!(matches!(config.task, Task::Migrate));
        assert_eq!(config.listen.address.to_string(), "127.0.0.1:8002");
    }
}
