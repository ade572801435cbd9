//! Following orders live. While anybody follows, one query a tick reads the versions of all orders that are followed; whose
//! version has moved reads its history again. A tick and one query cost the same for ten listeners and for a thousand, none
//! has a connection of its own, and those who write orders pay nothing: a NOTIFY would make their commits wait for each other.
//! With Redis whoever has written an order says which, and a tick comes at once where that order is followed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cartwright_database::Database;
use cartwright_redis::{Announcer, Heard, Listener, Redis};
use cartwright_runtime::{Readiness, chain};
use cartwright_types::OrderId;
use sqlx::PgPool;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::db::order_events::{self, OrderEventRow};
use crate::db::orders;
use crate::domain::order::OrderStatus;
use crate::error::Failure;

/// How long an event takes at most to be seen, but for the queries.
const TICK: Duration = Duration::from_millis(500);
/// Between two queries at least, however much is said.
const BREATH: Duration = Duration::from_millis(50);
/// The logical name of the channel on which orders are named that have changed.
const CHANNEL: &str = "orders";
/// How long a stream lives: an access token's life. Whoever wants more comes again and is looked at again.
const LIFE: Duration = Duration::from_mins(15);
/// Streams of one process.
const SEATS: usize = 2_000;

/// Hands out followers of orders.
#[derive(Clone)]
pub struct Following(Arc<Shared>);

struct Shared {
    pool: PgPool,
    readiness: Readiness,
    seats: Arc<Semaphore>,
    tick: Duration,
    /// Told when a followed order may have changed.
    news: Notify,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    /// The last version seen of each order that is followed.
    versions: HashMap<Uuid, watch::Sender<i64>>,
    /// Whether somebody looks.
    looking: bool,
}

impl Following {
    /// Of orders in this database, until the process is told to end.
    #[must_use]
    pub fn new(pool: PgPool, readiness: Readiness) -> Self {
        Self::every(TICK, pool, readiness)
    }

    /// With another tick, for tests.
    #[must_use]
    pub fn every(tick: Duration, pool: PgPool, readiness: Readiness) -> Self {
        let (seats, news, watched) = (Arc::new(Semaphore::new(SEATS)), Notify::new(), Mutex::default());
        Self(Arc::new(Shared { pool, readiness, seats, tick, news, watched }))
    }

    /// Hears by `redis` of orders that have changed, and looks at once; what they have become the database says.
    #[must_use]
    pub fn listener(&self, redis: Redis) -> Listener {
        let shared = Arc::clone(&self.0);
        Listener::new(redis, CHANNEL, move |heard| {
            let is_of_interest = match heard {
                Heard::Begun => true,
                Heard::Message(order) => {
                    order.parse().is_ok_and(|order: Uuid| shared.watched().versions.contains_key(&order))
                }
            };
            if is_of_interest {
                shared.news.notify_one();
            }
        })
    }

    /// Follows an order whose version is `version`, from after the event `after` on. None: too many do.
    ///
    /// # Errors
    /// The database failed.
    pub async fn follow(
        &self,
        id: OrderId,
        version: i64,
        after: Option<Uuid>,
    ) -> Result<Option<Follower>, Failure> {
        let Ok(seat) = Arc::clone(&self.0.seats).try_acquire_owned() else { return Ok(None) };
        // Before the history is read: what is written after that moves the version.
        let changes = self.0.watch(id.uuid(), version);
        let mut follower = Follower {
            shared: Arc::clone(&self.0),
            id,
            changes,
            seen: HashSet::new(),
            waiting: VecDeque::new(),
            is_over: false,
            until: Instant::now() + LIFE,
            _seat: seat,
        };
        follower.read(after).await?;
        Ok(Some(follower))
    }
}

/// A database that tells by `redis` of orders that have changed, and the work that says it.
#[must_use]
pub fn announce(database: Database, redis: Redis) -> (Database, Announcer) {
    let announcer = Announcer::new(redis, CHANNEL);
    let saying = announcer.clone();
    (database.on_change(move |order| saying.say(order.to_string())), announcer)
}

impl Shared {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        // Nothing in here panics halfway through a change.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: &Arc<Self>, id: Uuid, version: i64) -> watch::Receiver<i64> {
        let mut watched = self.watched();
        let changes = watched.versions.entry(id).or_insert_with(|| watch::Sender::new(version)).subscribe();
        if !watched.looking {
            watched.looking = true;
            tokio::spawn(Arc::clone(self).look());
        }
        changes
    }

    /// Ends with the last follower, or with the process: then its streams end too.
    async fn look(self: Arc<Self>) {
        loop {
            self.wait().await;
            let ids: Vec<Uuid> = {
                let mut watched = self.watched();
                watched.versions.retain(|_, version| version.receiver_count() > 0);
                if !self.readiness.is_accepting() {
                    watched.versions.clear();
                }
                watched.looking = !watched.versions.is_empty();
                if !watched.looking {
                    return;
                }
                watched.versions.keys().copied().collect()
            };
            match orders::versions(&self.pool, &ids).await {
                Ok(versions) => self.note(versions),
                Err(error) => tracing::warn!(error = chain(&error), "followed orders could not be looked at"),
            }
        }
    }

    async fn wait(&self) {
        let news = async {
            tokio::time::sleep(BREATH).await;
            self.news.notified().await;
        };
        // Late is as good as told.
        let _ = tokio::time::timeout(self.tick, news).await;
    }

    fn note(&self, versions: Vec<(Uuid, i64)>) {
        let watched = self.watched();
        for (id, now) in versions {
            if let Some(version) = watched.versions.get(&id) {
                version.send_if_modified(|version| std::mem::replace(version, now) != now);
            }
        }
    }
}

/// One listener of one order.
pub struct Follower {
    shared: Arc<Shared>,
    id: OrderId,
    changes: watch::Receiver<i64>,
    seen: HashSet<Uuid>,
    waiting: VecDeque<OrderEventRow>,
    is_over: bool,
    until: Instant,
    _seat: OwnedSemaphorePermit,
}

impl Follower {
    /// Whether nothing is left to be told and nothing more will come.
    #[must_use]
    pub fn has_nothing_more(&self) -> bool {
        self.is_over && self.waiting.is_empty()
    }

    /// The next event, once there is one. None: the order has reached its end, or the stream has.
    pub async fn next(&mut self) -> Option<OrderEventRow> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.is_over {
                return None;
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.until) => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
            if let Err(error) = self.read(None).await {
                tracing::warn!(order_id = %self.id, error = chain(&error), "a stream ends early: its client comes again");
                return None;
            }
        }
    }

    async fn read(&mut self, after: Option<Uuid>) -> Result<(), Failure> {
        // The status first: when it is an end, the event that made it one is in what is read next.
        let status =
            orders::status(&self.shared.pool, self.id).await?.ok_or(Failure::Data("no such order"))?;
        let status: OrderStatus = status.parse().map_err(|_| Failure::Data("unknown order status"))?;
        self.is_over = status.is_final();
        let events = order_events::list(&self.shared.pool, self.id).await?;
        let known = events.iter().position(|event| Some(event.id) == after).map_or(0, |at| at + 1);
        self.seen.extend(events[..known].iter().map(|event| event.id));
        self.waiting.extend(events.into_iter().filter(|event| self.seen.insert(event.id)));
        Ok(())
    }
}
