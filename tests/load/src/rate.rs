//! How often something is done in a second, by people who do it as fast as they are answered.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// Before anything is counted.
pub const WARM_UP: Duration = Duration::from_secs(1);

/// What everybody has done, and whether they are to stop.
#[derive(Debug, Default)]
pub struct Counter {
    done: AtomicU32,
    stop: AtomicBool,
}

impl Counter {
    /// Whether to go on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Once more.
    pub fn count(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// How often in all, warming up included.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.done.load(Ordering::Relaxed)
    }

    /// How often a second in the `time` after warming up; then everybody is to stop.
    pub async fn per_second(&self, time: Duration) -> f64 {
        sleep(WARM_UP).await;
        let (before, started) = (self.done(), Instant::now());
        sleep(time).await;
        let done = self.done() - before;
        let per_second = f64::from(done) / started.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        per_second
    }
}
