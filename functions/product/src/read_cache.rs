//! Public answers, kept for a moment: many ask for the same page of a shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::to_bytes;
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use cartwright_types::SharedClock;
use cartwright_web::pagination::Page;
use cartwright_web::{Problem, etag};
use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::Serialize;

/// How long an answer is kept. With `max-age` of the answer itself it stays within the 5 seconds in which a change shows.
pub const KEPT: TimeDelta = TimeDelta::seconds(2);
/// Bytes of all answers together.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Answers, about.
const MOST_ANSWERS: usize = 2_000;

/// An answer that is the same for everybody.
#[derive(Debug, Clone)]
pub struct Kept {
    /// JSON.
    pub body: Bytes,
    /// Of a single resource.
    pub tag: Option<HeaderValue>,
    /// Of a list that goes on.
    pub link: Option<HeaderValue>,
}

impl Kept {
    /// A single resource, with what its `ETag` is made of.
    ///
    /// # Errors
    /// It cannot be JSON.
    pub fn resource(resource: &impl Serialize, tag: &str) -> Result<Self, Problem> {
        let body = serde_json::to_vec(resource).map_err(|error| Problem::internal(&error))?;
        Ok(Self { body: body.into(), tag: Some(etag::strong(tag)), link: None })
    }

    /// A page of a list.
    ///
    /// # Errors
    /// It cannot be JSON.
    pub async fn page<T: Serialize>(page: Page<T>) -> Result<Self, Problem> {
        let (parts, body) = page.into_response().into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|error| Problem::internal(&error))?;
        Ok(Self { body, tag: None, link: parts.headers.get(LINK).cloned() })
    }
}

#[derive(Clone)]
struct Entry {
    answer: Kept,
    generation: u64,
    until: DateTime<Utc>,
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<String, Entry> for Bytewise {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        // And what an entry costs by itself.
        (key.len() + entry.answer.body.len() + 256) as u64
    }
}

/// The answers by path and query. A write of this process makes all of them count for nothing; those of others show when
/// the time is over.
#[derive(Clone)]
pub struct ReadCache {
    entries: Arc<Cache<String, Entry, Bytewise>>,
    generation: Arc<AtomicU64>,
    clock: SharedClock,
    kept: TimeDelta,
}

/// The moment before a read. An answer that is older than a write is not kept.
#[derive(Debug, Clone, Copy)]
pub struct Before(u64);

impl ReadCache {
    /// Keeps answers for `kept`; for no time at all, none.
    #[must_use]
    pub fn new(clock: SharedClock, kept: TimeDelta) -> Self {
        let entries = Arc::new(Cache::with_weighter(MOST_ANSWERS, MOST_BYTES, Bytewise));
        Self { entries, generation: Arc::default(), clock, kept }
    }

    /// To be taken before the database is asked.
    #[must_use]
    pub fn before(&self) -> Before {
        Before(self.generation.load(Ordering::Acquire))
    }

    /// The answer, if it still counts.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Kept> {
        let entry = self.entries.get(key)?;
        let counts =
            entry.generation == self.generation.load(Ordering::Acquire) && self.clock.now() < entry.until;
        counts.then_some(entry.answer)
    }

    /// Keeps an answer that was read after `before`.
    pub fn keep(&self, key: String, before: Before, answer: Kept) {
        if self.kept > TimeDelta::zero() {
            let until = self.clock.now() + self.kept;
            self.entries.insert(key, Entry { answer, generation: before.0, until });
        }
    }

    /// After a write of the catalogue.
    pub fn clear(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_test_support::FakeClock;

    fn answer(body: &'static str) -> Kept {
        Kept { body: Bytes::from_static(body.as_bytes()), tag: None, link: None }
    }

    #[test]
    fn an_answer_counts_until_its_time_is_over_or_something_is_written() {
        let clock = FakeClock::new();
        let cache = ReadCache::new(clock.clone(), KEPT);
        let body = |key: &str| cache.get(key).map(|kept| kept.body);
        cache.keep("a".to_owned(), cache.before(), answer("1"));
        assert_eq!(body("a").as_deref(), Some(&b"1"[..]));
        clock.advance(2);
        assert_eq!(body("a"), None);
        let before = cache.before();
        cache.keep("a".to_owned(), before, answer("2"));
        cache.clear();
        assert_eq!(body("a"), None);
        cache.keep("a".to_owned(), before, answer("read before the write"));
        assert_eq!(body("a"), None);
    }
}
