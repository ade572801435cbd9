//! A service's database and roles on a server: `ROLE=create-database`, and the databases of `make dev`.
//!
//! The database belongs to an owner, which alone changes its schema; the service's role reads and writes rows. Whatever
//! was there before, all is in order afterwards. It may run for several services at once, whose owner is the same role.

mod sql;

use std::borrow::Cow;
use std::time::Duration;

use cartwright_runtime::{AppEnv, Env};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use thiserror::Error;

use crate::DatabaseSettings;
use crate::pool::options;

/// Who owns every schema of a shop: `ROLE=migrate` connects as it.
const OWNER: &str = "migrator";
/// PostgreSQL's code for a database that exists.
const DUPLICATE_DATABASE: &str = "42P04";
/// PostgreSQL's code for the name of a database that is being made by somebody else.
const UNIQUE_VIOLATION: &str = "23505";
/// PostgreSQL's code for a template that is being copied by somebody else.
const OBJECT_IN_USE: &str = "55006";
/// How often a database is tried to be made while others copy the template, and how long after one another.
const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A role with its password.
#[derive(Clone)]
pub struct Login {
    /// Its name.
    pub role: String,
    /// Its password.
    pub password: String,
}

/// What a service needs on a server.
#[derive(Clone)]
pub struct ServiceDatabase {
    /// The database's name.
    pub name: String,
    /// Changes the schema.
    pub owner: Login,
    /// Reads and writes rows.
    pub service: Login,
}

/// Where to make a database, and which.
#[derive(Clone)]
pub struct ServerSettings {
    admin: Box<PgConnectOptions>,
    wanted: ServiceDatabase,
}

impl std::fmt::Debug for ServerSettings {
    /// Without passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSettings")
            .field("host", &self.admin.get_host())
            .field("database", &self.wanted.name)
            .finish_non_exhaustive()
    }
}

impl ServerSettings {
    /// Reads `DATABASE_ADMIN_URL`, `DATABASE_ADMIN_PASSWORD`, and what the roles' passwords are to be: `DATABASE_PASSWORD`
    /// of the service's role, which `database` names, and `DATABASE_OWNER_PASSWORD`.
    pub fn from_env(env: &mut Env, app_env: AppEnv, database: &DatabaseSettings) -> Self {
        let name = database.options.get_database().unwrap_or_default().to_owned();
        if name.is_empty() && env.optional::<String>("DATABASE_URL").is_some() {
            env.problem("DATABASE_URL is malformed: it names no database");
        }
        let role = database.options.get_username().to_owned();
        Self {
            admin: Box::new(options(env, app_env, "DATABASE_ADMIN_URL", "DATABASE_ADMIN_PASSWORD")),
            wanted: ServiceDatabase {
                name,
                owner: Login { role: OWNER.to_owned(), password: env.required("DATABASE_OWNER_PASSWORD") },
                service: Login { role, password: env.required("DATABASE_PASSWORD") },
            },
        }
    }

    /// Makes the database, or brings it in order.
    ///
    /// # Errors
    /// The server refuses a statement.
    pub async fn create(&self) -> Result<(), CreateError> {
        create(&self.admin, &self.wanted).await?;
        tracing::info!(database = self.wanted.name, "the database and its roles are in order");
        Ok(())
    }
}

/// Why a database could not be made.
#[derive(Debug, Error)]
#[error("the database {database} could not be made: {step}")]
pub struct CreateError {
    database: String,
    step: &'static str,
    #[source]
    source: sqlx::Error,
}

/// Makes the database and its roles, or brings those that are there in order; the roles get these passwords. `admin` leads
/// to the database `postgres`, as somebody who may make roles and databases: on RDS the master is no superuser.
///
/// # Errors
/// The server refuses a statement.
pub async fn create(admin: &PgConnectOptions, wanted: &ServiceDatabase) -> Result<(), CreateError> {
    let failed = |step| move |source| CreateError { database: wanted.name.clone(), step, source };
    // Statements hold passwords.
    let admin = admin.clone().disable_statement_logging();
    let mut server =
        PgConnection::connect_with(&admin).await.map_err(failed("connecting as the administrator"))?;
    roles(&mut server, wanted).await.map_err(failed("making its roles"))?;
    database(&mut server, wanted).await.map_err(failed("making it"))?;
    server.close().await.map_err(failed("making it"))?;
    privileges(&admin.database(&wanted.name), wanted).await.map_err(failed("setting its privileges"))
}

async fn roles(server: &mut PgConnection, wanted: &ServiceDatabase) -> Result<(), sqlx::Error> {
    let mut tx = server.begin().await?;
    sqlx::raw_sql(sql::LOCK).execute(&mut *tx).await?;
    for login in [&wanted.owner, &wanted.service] {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(&login.role)
            .fetch_one(&mut *tx)
            .await?;
        execute(&mut tx, sql::login(login, exists)).await?;
    }
    execute(&mut tx, sql::join(&wanted.owner)).await?;
    tx.commit().await
}

async fn database(server: &mut PgConnection, wanted: &ServiceDatabase) -> Result<(), sqlx::Error> {
    for attempt in 1.. {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&wanted.name)
            .fetch_one(&mut *server)
            .await?;
        if exists {
            break;
        }
        let Err(error) = execute(server, sql::database(wanted)).await else { break };
        let code = error.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
        let is_contended =
            matches!(code.as_deref(), Some(DUPLICATE_DATABASE | UNIQUE_VIOLATION | OBJECT_IN_USE));
        if !is_contended || attempt == ATTEMPTS {
            return Err(error);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn privileges(inside: &PgConnectOptions, wanted: &ServiceDatabase) -> Result<(), sqlx::Error> {
    let mut inside = PgConnection::connect_with(inside).await?;
    let mut tx = inside.begin().await?;
    sqlx::raw_sql(sql::LOCK).execute(&mut *tx).await?;
    execute(&mut tx, sql::privileges(wanted)).await?;
    tx.commit().await?;
    inside.close().await
}

/// Runs statements of [`sql`], in which names and passwords are quoted: they cannot be bound.
async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
