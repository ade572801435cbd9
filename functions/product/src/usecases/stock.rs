//! What changes stock for many at once, built once for the process.

use std::sync::Arc;

use cartwright_database::Database;
use cartwright_types::SharedClock;

use super::combine::Combiner;
use super::commit::Committing;
use super::reserve::Reserving;

/// Batches of commits at once: what they have in common only the database knows, so few of them wait for each other there.
const COMMITS: usize = 2;

/// The ways in which orders change stock.
#[derive(Clone)]
pub struct Stock {
    pub(crate) reserving: Arc<Combiner<Reserving>>,
    pub(crate) committing: Arc<Combiner<Committing>>,
}

impl Stock {
    /// On that database, with half of its connections at most for reservations.
    #[must_use]
    pub fn new(database: &Database, clock: &SharedClock) -> Self {
        let half = database.pool().options().get_max_connections() / 2;
        let most_running = usize::try_from(half).unwrap_or(1);
        let reserving = Reserving { database: database.clone(), clock: clock.clone() };
        let committing = Committing { database: database.clone(), clock: clock.clone() };
        Self {
            reserving: Arc::new(Combiner::new(reserving, most_running)),
            committing: Arc::new(Combiner::new(committing, COMMITS)),
        }
    }
}
