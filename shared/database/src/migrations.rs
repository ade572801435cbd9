//! Migrations: this crate's and the service's, in one history.

use std::collections::HashMap;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migration, Migrator};
use thiserror::Error;

/// The tables of this crate.
#[must_use]
pub fn platform_migrations() -> Migrator {
    sqlx::migrate!("./migrations")
}

/// All migrations of a service, by version.
fn all(service: &Migrator) -> Migrator {
    let migrations: Vec<Migration> = platform_migrations().iter().chain(service.iter()).cloned().collect();
    Migrator::with_migrations(migrations)
}

/// Brings the schema up to what this program knows. Safe to run twice and from several places at once. A schema that is
/// already newer is left as it is: a rollback must not fail on it.
///
/// # Errors
/// A statement fails, or an applied migration was changed afterwards.
pub async fn migrate(pool: &PgPool, service: &Migrator) -> Result<(), MigrateError> {
    let mut migrator = all(service);
    migrator.set_ignore_missing(true);
    migrator.run(pool).await
}

/// Why the schema is not the one this program was built for.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// PostgreSQL did not answer.
    #[error("the schema's version could not be read")]
    Database(#[from] sqlx::Error),
    /// A migration this program needs has not run.
    #[error("migration {0} has not run: run the service with ROLE=migrate")]
    Missing(i64),
    /// A migration was edited after it ran.
    #[error("migration {0} was changed after it had run")]
    Changed(i64),
}

/// Whether every migration that this program knows has run. Newer ones are fine: migrations run before a deploy, and the
/// version before must go on serving.
///
/// # Errors
/// See [`SchemaError`].
pub async fn check_schema(pool: &PgPool, service: &Migrator) -> Result<(), SchemaError> {
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(pool)
            .await?;
    let applied: HashMap<i64, Vec<u8>> = rows.into_iter().collect();
    for migration in all(service).iter() {
        match applied.get(&migration.version) {
            None => return Err(SchemaError::Missing(migration.version)),
            Some(checksum) if checksum != migration.checksum.as_ref() => {
                return Err(SchemaError::Changed(migration.version));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
