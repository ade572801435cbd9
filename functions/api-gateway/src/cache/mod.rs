//! Answers of the public catalogue, kept for a moment: many ask for the same page of a shop at the same time. One of those who
//! come first asks the service, the others wait for the same answer; one that grows old is asked for again while it still counts.
//!
//! What a service says with `Cache-Control: public, max-age=…` is kept for that long and not longer, so that a change shows
//! in the time that the API promises; sooner when the service tells of it ([`MicroCache::forget`]).

mod entry;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cartwright_runtime::metrics::{self, IntCounterVec};
use http::Response;
use quick_cache::sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Weighter};
use tokio::time::Instant;

use crate::error::Refusal;
use crate::upstream::Passing;

pub use entry::Entry;

/// Bytes of a usual answer, to guess how many there are.
const USUAL: u64 = 4 * 1024;
/// What may not be kept is not waited for: for so long it is not even tried.
const NOT_KEPT: Duration = Duration::from_secs(1);
/// That the answers of a page depend on the language is known for so long.
const BY_LANGUAGE: Duration = Duration::from_mins(10);
/// A language that takes more than this to say is not looked up.
const LANGUAGE: usize = 100;

static READS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("cache_reads_total", "Public reads, by where their answer came from", &["outcome"])
});

/// What a service said to the one who asked it.
pub enum Fetched {
    /// It may be kept.
    Kept(Arc<Entry>),
    /// It may not.
    Passing(Response<Passing>),
}

/// The answer to somebody's read.
pub enum Read {
    /// This one. Whoever is told so asks for it again, beside.
    Kept(Arc<Entry>, Refresh),
    /// This one, for them alone.
    Passing(Response<Passing>),
    /// Nothing is kept: it is asked as if there were no cache.
    Pass,
}

/// How a cache is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// What is kept, some of it over.
    pub entries: usize,
    /// What it weighs.
    pub bytes: u64,
    /// What it may weigh.
    pub capacity: u64,
    /// Reads answered by what was kept, since the process began.
    pub hits: u64,
    /// Reads that asked the service for all who came at once.
    pub misses: u64,
    /// Reads that each asked for themselves, because the answer may not be kept.
    pub passed: u64,
}

/// Whether an answer is to be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Somebody does, or it is not time.
    No,
    /// It is time, and nobody else was told.
    Yes,
}

/// What is known of a path with its query.
#[derive(Clone)]
enum Slot {
    Kept(Arc<Entry>),
    /// The answer depends on the language: it is kept under both.
    ByLanguage(Instant),
    /// Until then nobody waits for others to ask.
    NotKept(Instant),
}

impl Slot {
    /// Whether it still counts.
    fn counts(&self, generation: u64) -> bool {
        match self {
            Self::Kept(entry) => entry.counts(generation),
            Self::ByLanguage(until) | Self::NotKept(until) => Instant::now() < *until,
        }
    }
}

#[derive(Clone)]
struct Bytewise;

impl Weighter<String, Slot> for Bytewise {
    fn weight(&self, key: &String, slot: &Slot) -> u64 {
        let answer = match slot {
            Slot::Kept(entry) => entry.weight(),
            Slot::ByLanguage(_) | Slot::NotKept(_) => 0,
        };
        // And what an entry costs by itself.
        (key.len() + answer + 256) as u64
    }
}

type Guard<'a> =
    PlaceholderGuard<'a, String, Slot, Bytewise, DefaultHashBuilder, DefaultLifecycle<String, Slot>>;

/// The answers, by path and query.
pub struct MicroCache {
    /// None: nothing is kept.
    slots: Option<Cache<String, Slot, Bytewise>>,
    generation: AtomicU64,
}

impl MicroCache {
    /// One that holds so many bytes at most; 0: none.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let count = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX);
        let slots = (bytes > 0).then(|| Cache::with_weighter(count, bytes, Bytewise));
        Self { slots, generation: AtomicU64::new(0) }
    }

    /// Whether anything is kept at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.slots.is_some()
    }

    /// How much is in it, and what came of the reads; None: nothing is kept.
    #[must_use]
    pub fn figures(&self) -> Option<Figures> {
        let slots = self.slots.as_ref()?;
        let read = |outcome: &str| READS.with_label_values(&[outcome]).get();
        Some(Figures {
            entries: slots.len(),
            bytes: slots.weight(),
            capacity: slots.capacity(),
            hits: read("kept"),
            misses: read("fetched"),
            passed: read("passed"),
        })
    }

    /// What is kept counts no more: something of it has changed.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// What an answer that is asked for now belongs to.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The answer that is kept for `target`, or that `fetch` gets; of those who come at once only one does.
    ///
    /// # Errors
    /// That of `fetch`.
    pub async fn read(
        &self,
        target: &str,
        language: &str,
        fetch: impl AsyncFnOnce() -> Result<Fetched, Refusal>,
    ) -> Result<Read, Refusal> {
        let counted = |outcome: &str| READS.with_label_values(&[outcome]).inc();
        let Some(slots) = self.slots.as_ref().filter(|_| language.len() <= LANGUAGE) else {
            return Ok(Read::Pass);
        };
        let mut key = target.to_owned();
        let mut is_by_language = false;
        loop {
            match self.slot(slots, &key).await {
                Ok(Slot::Kept(entry)) => {
                    counted("kept");
                    let refresh = entry.refresh();
                    return Ok(Read::Kept(entry, refresh));
                }
                Ok(Slot::ByLanguage(_)) if !is_by_language => {
                    is_by_language = true;
                    key = with_language(target, language);
                }
                Ok(_) => {
                    counted("passed");
                    return Ok(Read::Pass);
                }
                Err(guard) => {
                    counted("fetched");
                    return self.lead(slots, guard, is_by_language, (target, language), fetch).await;
                }
            }
        }
    }

    /// Keeps an answer that was asked for again.
    pub fn keep(&self, target: &str, language: &str, entry: Arc<Entry>) {
        let Some(slots) = &self.slots else { return };
        let by_language = entry.is_by_language();
        let key = if by_language { with_language(target, language) } else { target.to_owned() };
        slots.insert(key, Slot::Kept(entry));
    }

    /// What counts, or the right to find it out.
    async fn slot<'a>(&self, slots: &'a Cache<String, Slot, Bytewise>, key: &str) -> Result<Slot, Guard<'a>> {
        let generation = self.generation();
        // Reading takes no lock that others wait for.
        if let Some(slot) = slots.get(key).filter(|slot| slot.counts(generation)) {
            return Ok(slot);
        }
        let entry = slots.entry_async(key, |_, slot| {
            if slot.counts(generation) {
                EntryAction::Retain(slot.clone())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        match entry.await {
            // Nothing is removed above, and no time is set.
            EntryResult::Retained(slot) | EntryResult::Removed(_, slot) => Ok(slot),
            EntryResult::Timeout => Ok(Slot::NotKept(Instant::now())),
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => Err(guard),
        }
    }

    async fn lead(
        &self,
        slots: &Cache<String, Slot, Bytewise>,
        guard: Guard<'_>,
        is_by_language: bool,
        (target, language): (&str, &str),
        fetch: impl AsyncFnOnce() -> Result<Fetched, Refusal>,
    ) -> Result<Read, Refusal> {
        let fetched = fetch().await;
        let slot = match &fetched {
            Ok(Fetched::Kept(entry)) if entry.is_by_language() && !is_by_language => {
                slots.insert(with_language(target, language), Slot::Kept(Arc::clone(entry)));
                Slot::ByLanguage(Instant::now() + BY_LANGUAGE)
            }
            Ok(Fetched::Kept(entry)) => Slot::Kept(Arc::clone(entry)),
            // Whoever waits asks for themselves now, all at once; otherwise they would do so one after the other.
            Ok(Fetched::Passing(_)) | Err(_) => Slot::NotKept(Instant::now() + NOT_KEPT),
        };
        // Fails when it was removed meanwhile: then the next one asks again.
        let _ = guard.insert(slot);
        fetched.map(Fetched::unkept)
    }
}

impl Fetched {
    fn unkept(self) -> Read {
        match self {
            Self::Kept(entry) => Read::Kept(entry, Refresh::No),
            Self::Passing(answer) => Read::Passing(answer),
        }
    }
}

fn with_language(target: &str, language: &str) -> String {
    // No target has a line break.
    format!("{target}\n{language}")
}
