//! How often a stream is read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// Between two readings, if nobody says that there is something new.
const INTERVAL: Duration = Duration::from_secs(2);
/// Between two readings at least, however much is said.
const BREATH: Duration = Duration::from_millis(50);

/// The time between two readings.
#[derive(Debug, Clone)]
pub struct Pace {
    interval: Duration,
    news: Arc<Notify>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::every(INTERVAL)
    }
}

impl Pace {
    /// Reading so often, for tests.
    #[must_use]
    pub fn every(interval: Duration) -> Self {
        Self { interval, news: Arc::default() }
    }

    /// There may be something new. One who reads just now reads again.
    pub fn hurry(&self) {
        self.news.notify_one();
    }

    /// Waits for the next reading.
    pub(super) async fn wait(&self) {
        let news = async {
            tokio::time::sleep(BREATH).await;
            self.news.notified().await;
        };
        // Late is as good as told.
        let _ = tokio::time::timeout(self.interval, news).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_waits_for_the_interval_or_for_news_but_never_less_than_a_breath() {
        let (pace, started) = (Pace::default(), Instant::now());
        pace.wait().await;
        assert_eq!(started.elapsed(), INTERVAL);
        // Said while somebody reads, several times: one more reading.
        for _ in 0..10 {
            pace.hurry();
        }
        pace.wait().await;
        assert_eq!(started.elapsed(), INTERVAL + BREATH);
        pace.wait().await;
        assert_eq!(started.elapsed(), 2 * INTERVAL + BREATH);
    }
}
