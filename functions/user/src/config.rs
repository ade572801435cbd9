//! The environment, typed.

use std::str::FromStr;

use cartwright_database::DatabaseSettings;
use cartwright_database::server::ServerSettings;
use cartwright_limits::Scale;
use cartwright_redis::RedisUrl;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{AppEnv, Env, Listen};
use cartwright_types::EmailAddress;
use cartwright_web::rules;

/// `PORT` when it is not set.
pub const PORT: u16 = 8001;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "create-database", "migrate", "create-admin"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests, and the relay: whoever writes also sends.
    Api,
    /// The queue, the relay and the removal of what is old; answers health checks.
    Worker,
    /// Makes database and roles and ends.
    CreateDatabase,
    /// Brings the schema up to date and ends.
    Migrate,
    /// Makes `ADMIN_EMAIL` an administrator and ends.
    CreateAdmin,
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
            "create-admin" => Ok(Self::CreateAdmin),
            _ => Err("use all, api, worker, create-database, migrate or create-admin"),
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
    /// `ROLE=create-admin`
    CreateAdmin {
        /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
        aws: AwsSettings,
        /// `ADMIN_EMAIL`
        email: EmailAddress,
    },
    /// Every other role.
    Serve(Box<Serving>),
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
    /// `JWT_ISSUER`
    pub issuer: String,
    /// `JWT_AUDIENCE`
    pub audience: String,
    /// `REQUIRE_VERIFIED_EMAIL`
    pub require_verified_email: bool,
    /// `RATE_LIMIT_SCALE`
    pub rate_limit_scale: Scale,
    /// `REDIS_URL`
    pub redis: Option<RedisUrl>,
    /// `ORDER_SERVICE_URL`
    pub order_urls: Vec<String>,
    /// `NOTIFICATION_SERVICE_URL`
    pub notification_urls: Vec<String>,
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
            Role::CreateAdmin => {
                Task::CreateAdmin { email: admin_email(env), aws: AwsSettings::from_env(env) }
            }
            role => Task::Serve(Box::new(Serving::from_env(role, env, listen.app_env))),
        };
        Self { listen, database, task }
    }
}

impl Serving {
    fn from_env(role: Role, env: &mut Env, app_env: AppEnv) -> Self {
        Self {
            api: role != Role::Worker,
            worker: role != Role::Api,
            aws: AwsSettings::from_env(env),
            issuer: env.required("JWT_ISSUER"),
            audience: env.required("JWT_AUDIENCE"),
            require_verified_email: env.or("REQUIRE_VERIFIED_EMAIL", true),
            rate_limit_scale: env.or("RATE_LIMIT_SCALE", Scale::default()),
            redis: RedisUrl::from_env(env, app_env),
            order_urls: env.urls("ORDER_SERVICE_URL"),
            notification_urls: env.urls("NOTIFICATION_SERVICE_URL"),
        }
    }
}

fn admin_email(env: &mut Env) -> EmailAddress {
    let text: String = env.required("ADMIN_EMAIL");
    let address = EmailAddress::new(&text);
    if !text.is_empty() && rules::email(address.written().into()).is_err() {
        env.problem("ADMIN_EMAIL is malformed: it must be an e-mail address");
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: (&str, &str) = ("DATABASE_URL", "postgres://migrator@127.0.0.1/users");

    #[test]
    fn a_migration_needs_a_database_and_nothing_else() {
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("ROLE", "migrate"), DATABASE]);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        assert!(matches!(config.task, Task::Migrate));
        assert_eq!(config.listen.address.to_string(), "127.0.0.1:8001");
    }

    #[test]
    fn making_the_database_needs_an_administrator_and_both_passwords() {
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("ROLE", "create-database"), DATABASE]);
        let _ = Config::from_env(&mut env);
        let error = env.finish().unwrap_err().to_string();
        for name in ["DATABASE_ADMIN_URL", "DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD"] {
            assert!(error.contains(&format!("{name} is missing")), "{name}: {error}");
        }
    }

    #[test]
    fn an_administrator_needs_an_address() {
        let mut env =
            Env::from_pairs([("APP_ENV", "test"), ("ROLE", "create-admin"), DATABASE, ("ADMIN_EMAIL", "me")]);
        let _ = Config::from_env(&mut env);
        assert!(env.finish().unwrap_err().to_string().contains("ADMIN_EMAIL is malformed"));
    }
}
