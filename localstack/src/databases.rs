//! The services' databases and roles on a server.
//!
//! They are made as on AWS ([`cartwright_database::server`]). A suffix gives a stack databases and roles of its own on a
//! shared server.

use anyhow::{Context as _, Result, ensure};
use cartwright_database::server::{Login, ServiceDatabase, create};
use cartwright_types::random;
use futures::future::try_join_all;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// A service's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Of the user service.
    Users,
    /// Of the product service.
    Products,
    /// Of the order service.
    Orders,
}

impl Database {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Users, Self::Products, Self::Orders];

    /// Its name without a suffix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Orders => "orders",
        }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Users => "user_service",
            Self::Products => "product_service",
            Self::Orders => "order_service",
        }
    }
}

/// The databases of one stack.
#[derive(Debug, Clone)]
pub struct Databases {
    server: PgConnectOptions,
    parameters: String,
    suffix: String,
    password: String,
}

impl Databases {
    /// Names the databases of a stack on the server of `superuser_url`; makes none. `suffix` is appended to each
    /// database's and role's name and holds lower-case letters, digits and `_` only.
    ///
    /// # Errors
    /// The URL or the suffix is malformed.
    pub fn named(superuser_url: &str, suffix: &str) -> Result<Self> {
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        ensure!(
            suffix.chars().all(fits) && suffix.len() < 40,
            "{suffix:?} cannot be part of a database's name"
        );
        let server: PgConnectOptions = superuser_url.parse().context("the superuser's URL of PostgreSQL")?;
        let parameters =
            superuser_url.split_once('?').map(|(_, text)| format!("?{text}")).unwrap_or_default();
        Ok(Self { server, parameters, suffix: suffix.to_owned(), password: random::token() })
    }

    /// Makes databases and roles, or brings those that are there in order. The roles get new passwords.
    ///
    /// # Errors
    /// The server refuses a statement.
    pub async fn create(&self) -> Result<()> {
        let server = self.server.clone().database("postgres");
        let wanted = Database::ALL.map(|database| self.wanted(database));
        try_join_all(wanted.iter().map(|wanted| create(&server, wanted))).await?;
        Ok(())
    }

    /// Removes databases and roles, closing their sessions.
    ///
    /// # Errors
    /// The server refuses a statement.
    pub async fn drop_all(&self) -> Result<()> {
        let mut server = self.connect("postgres").await?;
        for database in Database::ALL {
            let name = self.name(database);
            execute(&mut server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
        for role in self.roles() {
            execute(&mut server, format!("DROP ROLE IF EXISTS {role}")).await?;
        }
        Ok(server.close().await?)
    }

    /// The database's name, with the suffix.
    #[must_use]
    pub fn name(&self, database: Database) -> String {
        format!("{}{}", database.name(), self.suffix)
    }

    /// The URL for the service: rows only.
    #[must_use]
    pub fn service_url(&self, database: Database) -> String {
        self.url(&format!("{}{}", database.role(), self.suffix), database)
    }

    /// The URL for `ROLE=migrate`: the owner of the schema.
    #[must_use]
    pub fn migrator_url(&self, database: Database) -> String {
        self.url(&self.migrator(), database)
    }

    /// A superuser's URL, for tests that look into everything.
    #[must_use]
    pub fn superuser_url(&self, database: Database) -> String {
        self.text(&self.server.clone().database(&self.name(database)))
    }

    fn url(&self, role: &str, database: Database) -> String {
        let options = self.server.clone().username(role).password(&self.password);
        self.text(&options.database(&self.name(database)))
    }

    /// As a URL, with the parameters that were given and not those that only `sqlx` knows: psql refuses them.
    fn text(&self, options: &PgConnectOptions) -> String {
        let url = options.to_url_lossy().to_string();
        format!("{}{}", url.split('?').next().unwrap_or_default(), self.parameters)
    }

    fn migrator(&self) -> String {
        format!("migrator{}", self.suffix)
    }

    fn roles(&self) -> Vec<String> {
        let services = Database::ALL.map(|database| format!("{}{}", database.role(), self.suffix));
        std::iter::once(self.migrator()).chain(services).collect()
    }

    async fn connect(&self, database: &str) -> Result<PgConnection> {
        let options = self.server.clone().database(database).disable_statement_logging();
        PgConnection::connect_with(&options)
            .await
            .with_context(|| format!("connecting to the database {database}"))
    }

    fn wanted(&self, database: Database) -> ServiceDatabase {
        let login = |role| Login { role, password: self.password.clone() };
        ServiceDatabase {
            name: self.name(database),
            owner: login(self.migrator()),
            service: login(format!("{}{}", database.role(), self.suffix)),
        }
    }
}

/// Runs statements put together from names of ours, which cannot be bound.
async fn execute(connection: &mut PgConnection, sql: String) -> Result<()> {
    let statement = sql.clone();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .with_context(|| format!("running {statement}"))?;
    Ok(())
}
