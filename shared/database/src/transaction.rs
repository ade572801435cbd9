//! Named transactions, run again when PostgreSQL asks for it.

use std::error::Error;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;
use std::time::Duration;

use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::random;
use futures::future::BoxFuture;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use crate::{Database, is_retryable};

/// A running transaction. Derefs to the connection that the functions in a service's `db/` take.
///
/// `'env` is the life of what the closure borrows.
pub struct Tx<'env> {
    inner: Transaction<'static, Postgres>,
    /// The types of the messages that were written to the outbox.
    pub(crate) appended: Vec<String>,
    /// What was changed.
    changed: Vec<Uuid>,
    borrows: PhantomData<&'env ()>,
}

impl Deref for Tx<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl Tx<'_> {
    /// Names something that this transaction changes: once it is committed, who asked for it is told
    /// ([`Database::on_change`]).
    pub fn changes(&mut self, id: Uuid) {
        self.changed.push(id);
    }
}

/// What happened in this shop: orders placed, paid, expired, users registered.
static EVENTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("events_total", "Events and commands committed, by type", &["event_type"])
});

/// How often a transaction is tried before its failure is the caller's.
const ATTEMPTS: u32 = 5;

impl Database {
    /// Runs `work` in a transaction and commits if it returns `Ok`. A deadlock or serialisation failure runs it again,
    /// so `work` must change nothing outside the database, and makes no network call.
    ///
    /// ```ignore
    /// database.transaction("place_order", |tx| Box::pin(async move { db::orders::insert(tx, order).await })).await
    /// ```
    ///
    /// # Errors
    /// What `work` returns, or what PostgreSQL says. `E` must have `sqlx::Error` among its sources
    /// (`#[error("…")] Database(#[from] sqlx::Error)`, not `transparent`), or nothing is retried.
    pub async fn transaction<'env, T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'env>) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        E: From<sqlx::Error> + Error + Send + 'static,
        T: Send,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(&work).await {
                Err(error) if attempt < ATTEMPTS && is_retryable(&error) => {
                    tracing::info!(transaction = name, attempt, "transaction is run again");
                    let ceiling = 5_u64 << attempt;
                    tokio::time::sleep(Duration::from_millis(1 + random::below(ceiling))).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn attempt<'env, T, E, F>(&self, work: &F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t mut Tx<'env>) -> BoxFuture<'t, Result<T, E>>,
        E: From<sqlx::Error>,
    {
        let inner = self.pool().begin().await?;
        let mut tx = Tx { inner, appended: Vec::new(), changed: Vec::new(), borrows: PhantomData };
        let value = work(&mut tx).await?;
        tx.inner.commit().await?;
        self.wrote_to_outbox(&tx.appended);
        tx.changed.iter().for_each(|id| self.changed.tell(*id));
        Ok(value)
    }

    /// Tells the relay of committed messages; [`Database::transaction`] does so itself for what [`crate::outbox::append`]
    /// wrote. For those that a trigger wrote: the relay may be asleep.
    pub fn wrote_to_outbox(&self, event_types: &[String]) {
        for event_type in event_types {
            EVENTS.with_label_values(&[event_type]).inc();
        }
        if !event_types.is_empty() {
            self.outbox_written.notify_one();
        }
    }
}
