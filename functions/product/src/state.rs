//! What handlers share.

use std::sync::Arc;

use cartwright_database::Database;
use cartwright_types::{Currency, SharedClock};

use crate::clients::pictures::Pictures;
use crate::db::listing::PostgresSearch;
use crate::domain::search::CatalogueSearch;
use crate::read_cache::ReadCache;
use crate::usecases::Stock;

/// The search of the service's own tables.
#[must_use]
pub fn postgres_search(database: &Database) -> Arc<dyn CatalogueSearch> {
    Arc::new(PostgresSearch::new(database.pool().clone()))
}

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The service's database.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// What orders do to stock.
    pub stock: Stock,
    /// Where pictures are kept.
    pub pictures: Pictures,
    /// Every price is in it.
    pub currency: Currency,
    /// Finds products.
    pub search: Arc<dyn CatalogueSearch>,
    /// Public answers, kept for a moment.
    pub reads: ReadCache,
    /// Before every picture's key; no trailing slash.
    pub images_base_url: Arc<str>,
}
