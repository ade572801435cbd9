//! The connection pool.

use std::str::FromStr as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cartwright_runtime::metrics::{self, GaugeVec};
use cartwright_runtime::{AppEnv, Env};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use tokio::sync::Notify;
use uuid::Uuid;

/// `DATABASE_URL` and how to use it.
#[derive(Clone)]
pub struct DatabaseSettings {
    pub(crate) options: PgConnectOptions,
    max_connections: u32,
}

impl std::fmt::Debug for DatabaseSettings {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("host", &self.options.get_host())
            .field("database", &self.options.get_database())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

impl DatabaseSettings {
    /// Reads `DATABASE_URL`, `DATABASE_PASSWORD` and `DATABASE_MAX_CONNECTIONS` (10). Outside `local` and `test` anything
    /// less than `sslmode=verify-full` is a problem.
    pub fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let options = options(env, app_env, "DATABASE_URL", "DATABASE_PASSWORD");
        Self { options, max_connections: env.or("DATABASE_MAX_CONNECTIONS", 10) }
    }
}

/// How to connect, by the names of two variables: of the URL, and of a password that goes before the URL's.
pub(crate) fn options(env: &mut Env, app_env: AppEnv, url: &str, password: &str) -> PgConnectOptions {
    let text: String = env.required(url);
    let options = PgConnectOptions::from_str(&text).unwrap_or_else(|_| {
        if !text.is_empty() {
            env.problem(format!("{url} is malformed: use postgres://role:password@host:5432/database"));
        }
        PgConnectOptions::new_without_pgpass()
    });
    if !app_env.is_local() && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        env.problem(format!("{url} needs ?sslmode=verify-full&sslrootcert=... outside local and test"));
    }
    match env.optional::<String>(password) {
        Some(password) => options.password(&password),
        None => options,
    }
}

/// A connection that was unused for so long is closed.
const IDLE: Duration = Duration::from_mins(1);

/// A service's database.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    /// Told after a commit that wrote to the outbox.
    pub(crate) outbox_written: Arc<Notify>,
    pub(crate) changed: Changed,
}

/// Who is told of what was changed, after the commit.
#[derive(Clone, Default)]
pub(crate) struct Changed(Option<Arc<dyn Fn(Uuid) + Send + Sync>>);

impl Changed {
    pub(crate) fn tell(&self, id: Uuid) {
        if let Some(hear) = &self.0 {
            hear(id);
        }
    }
}

impl std::fmt::Debug for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "told" } else { "not told" })
    }
}

impl Database {
    /// A pool that connects when it is first used.
    #[must_use]
    pub fn connect_lazy(settings: &DatabaseSettings) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(IDLE)
            // A broken connection shows itself at the first query; a ping before each would be a round trip more.
            .test_before_acquire(false)
            // On Lambda nothing closes idle connections while the process is frozen, and the other side may have.
            .before_acquire(|_, known| Box::pin(async move { Ok(known.idle_for < IDLE) }))
            .connect_lazy_with(settings.options.clone());
        watch(pool.clone(), settings.max_connections);
        Self::from_pool(pool)
    }

    /// Wraps a pool, for tests.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool, outbox_written: Arc::default(), changed: Changed::default() }
    }

    /// Calls `hear` after each commit with what [`Tx::changes`](crate::Tx::changes) named in it. It must not wait; a process
    /// that dies in between has not called it.
    #[must_use]
    pub fn on_change(self, hear: impl Fn(Uuid) + Send + Sync + 'static) -> Self {
        Self { changed: Changed(Some(Arc::new(hear))), ..self }
    }

    /// The pool, for reads and single statements.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }
}

static CONNECTIONS: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge("database_connections", "Connections of the pool by state: used, idle, most", &["state"])
});

#[expect(clippy::cast_precision_loss, reason = "a pool has few connections")]
fn watch(pool: PgPool, most: u32) {
    metrics::on_read(move || {
        let idle = pool.num_idle();
        let all = usize::try_from(pool.size()).unwrap_or(usize::MAX);
        CONNECTIONS.with_label_values(&["idle"]).set(idle as f64);
        CONNECTIONS.with_label_values(&["used"]).set(all.saturating_sub(idle) as f64);
        CONNECTIONS.with_label_values(&["most"]).set(f64::from(most));
    });
}

#[cfg(test)]
mod tests {
    use sqlx::ConnectOptions as _;

    use super::*;

    const URL: &str = "postgres://order_service:old@db.internal/orders";

    #[test]
    fn a_password_of_its_own_goes_before_the_urls() {
        let mut env = Env::from_pairs([("DATABASE_URL", URL), ("DATABASE_PASSWORD", "p@ss:word/#")]);
        let settings = DatabaseSettings::from_env(&mut env, AppEnv::Test);
        env.finish().unwrap();
        let url = settings.options.to_url_lossy().to_string();
        assert!(url.contains("p%40ss%3Aword%2F%23") && !url.contains("old"), "{url}");
    }

    #[test]
    fn a_connection_that_is_not_verified_is_refused_outside_local() {
        for url in [URL, &format!("{URL}?sslmode=require")] {
            let mut env = Env::from_pairs([("DATABASE_URL", url)]);
            DatabaseSettings::from_env(&mut env, AppEnv::Production);
            assert!(env.finish().unwrap_err().to_string().contains("DATABASE_URL needs"), "{url}");
        }
    }
}
