//! A PostgreSQL database of its own for each test, made on the server that `make test` starts.

use cartwright_database::{Database, migrate};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

/// A migrated database. It goes when the test server goes.
pub struct TestDatabase {
    database: Database,
    options: PgConnectOptions,
}

impl TestDatabase {
    /// Makes a database with the shared tables and those of `service`.
    ///
    /// # Panics
    /// When `TEST_DATABASE_URL` is not set or the server does not answer: run the tests by `make test`.
    pub async fn new(service: &Migrator) -> Self {
        let url = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL is not set: run `make test`, or `cargo run -p localstack -- exec -- cargo nextest run`");
        let server: PgConnectOptions = url.parse().expect("TEST_DATABASE_URL is a PostgreSQL URL");
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut admin = PgConnection::connect_with(&server).await.expect("the test PostgreSQL answers");
        // Databases made at the same moment contend for the template; PostgreSQL says so with 55006.
        for attempt in 1.. {
            match sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
                .execute(&mut admin)
                .await
            {
                Ok(_) => break,
                Err(error) => assert!(attempt < 5, "the test database cannot be made: {error}"),
            }
        }
        let options = server.database(&name);
        let pool = connect(&options);
        migrate(&pool, service).await.expect("the migrations run on an empty database");
        Self { database: Database::from_pool(pool), options }
    }

    /// As the service sees it.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// For looking into it.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    /// A second pool, as another process would have.
    #[must_use]
    pub fn another_pool(&self) -> PgPool {
        connect(&self.options)
    }
}

fn connect(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(8).min_connections(0).connect_lazy_with(options.clone())
}
