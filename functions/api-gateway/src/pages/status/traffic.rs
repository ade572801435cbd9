//! The requests of each service, since the process began and of the last minute. Histograms only accumulate, so what they said
//! is written down every few seconds, and the last minute is what has come since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::{BoxError, Work};
use cartwright_web::middleware::durations;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::counts::Counts;
use crate::routes::{self, Route, Service};

/// Between two notes.
const INTERVAL: Duration = Duration::from_secs(5);
/// How far the last minute reaches back at least, once the process is as old.
const MINUTE: Duration = Duration::from_mins(1);

/// The services' counts in the order of [`Service::ALL`], and what the gateway answers without them.
pub type ByService = [Counts; Service::ALL.len() + 1];

/// What was counted, and in how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// How long it is.
    pub length: Duration,
    /// What was counted in it.
    pub counts: ByService,
}

/// Notes of the last minute.
#[derive(Debug)]
struct Ring {
    began: Instant,
    notes: VecDeque<(Instant, ByService)>,
}

impl Ring {
    /// `counts` is what was counted before it began.
    fn new(counts: &ByService) -> Self {
        let began = Instant::now();
        Self { began, notes: [(began, *counts)].into() }
    }

    /// Whether it is time for another note.
    fn is_due(&self) -> bool {
        self.notes.back().is_none_or(|(at, _)| at.elapsed() >= INTERVAL)
    }

    /// Keeps a note of `counts`, if it is time.
    fn note(&mut self, counts: &ByService) {
        if self.is_due() {
            self.notes.push_back((Instant::now(), *counts));
        }
        // The first is the youngest that is a minute old.
        while self.notes.get(1).is_some_and(|(at, _)| at.elapsed() >= MINUTE) {
            self.notes.pop_front();
        }
    }

    fn since_start(&self, counts: &ByService) -> Window {
        Window { length: self.began.elapsed(), counts: *counts }
    }

    /// From the youngest note that is a minute old to now; of a younger process, all.
    fn last_minute(&self, now: &ByService) -> Window {
        let old = self.notes.iter().rev().find(|(at, _)| at.elapsed() >= MINUTE).or(self.notes.front());
        let (at, before) = old.expect("there is a note from the beginning");
        let mut counts = *now;
        for (count, earlier) in counts.iter_mut().zip(before) {
            *count = count.since(earlier);
        }
        Window { length: at.elapsed(), counts }
    }
}

/// The requests that this process has answered.
pub struct Traffic {
    routes: &'static [Route],
    ring: Mutex<Ring>,
}

impl Traffic {
    /// From now on; `routes` says which service a route leads to.
    #[must_use]
    pub fn new(routes: &'static [Route]) -> Self {
        Self { routes, ring: Mutex::new(Ring::new(&counted(routes))) }
    }

    /// Writes down what was counted up to now, if it is time.
    pub fn note(&self) {
        let mut ring = self.ring();
        if ring.is_due() {
            ring.note(&counted(self.routes));
        }
    }

    /// Since the process began, and in the last minute.
    #[must_use]
    pub fn windows(&self) -> (Window, Window) {
        let (mut ring, now) = (self.ring(), counted(self.routes));
        ring.note(&now);
        (ring.since_start(&now), ring.last_minute(&now))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the histogram of requests has now. Reading it holds up nobody who counts.
fn counted(routes: &[Route]) -> ByService {
    let mut counts = ByService::default();
    for series in durations() {
        let route = series.labels.get("route").and_then(|prefix| routes::find(routes, prefix));
        let at = route.map_or(Service::ALL.len(), |route| route.service as usize);
        counts[at].add(&series);
    }
    counts
}

/// Writes down what was counted, all the time.
pub struct Notes(pub Arc<Traffic>);

#[async_trait]
impl Work for Notes {
    fn name(&self) -> &'static str {
        "status"
    }

    async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            self.0.note();
        }
    }

    async fn once(&self) -> Result<(), BoxError> {
        self.0.note();
        Ok(())
    }

    async fn after_invocation(&self) {
        self.0.note();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests of one service.
    fn counts(of: Service, requests: u64) -> ByService {
        let mut counts = ByService::default();
        counts[of as usize].buckets[4] = requests;
        counts[of as usize].classes[1] = requests;
        counts
    }

    fn requests(window: &Window) -> u64 {
        window.counts[Service::Order as usize].total()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_minute_is_what_came_in_it_and_says_how_long_it_is() {
        // Before it began there were 1,000; then ten come every second.
        let mut ring = Ring::new(&counts(Service::Order, 1_000));
        let mut now = 1_000;
        for second in 1..=300 {
            tokio::time::advance(Duration::from_secs(1)).await;
            now += 10;
            ring.note(&counts(Service::Order, now));
            let window = ring.last_minute(&counts(Service::Order, now));
            assert_eq!(requests(&window), 10 * window.length.as_secs(), "after {second} s");
            let (least, most) = if second < 60 { (second, second) } else { (60, 65) };
            assert!((least..=most).contains(&window.length.as_secs()), "{window:?}");
            assert!(ring.notes.len() <= 14, "{}", ring.notes.len());
        }
        // They stop: a minute later there were none.
        for _ in 0..70 {
            tokio::time::advance(Duration::from_secs(1)).await;
            ring.note(&counts(Service::Order, now));
        }
        assert_eq!(requests(&ring.last_minute(&counts(Service::Order, now))), 0);
        let all = ring.since_start(&counts(Service::Order, now));
        assert_eq!((requests(&all), all.length.as_secs()), (4_000, 370));
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_was_frozen_says_that_its_minute_was_longer() {
        let mut ring = Ring::new(&ByService::default());
        tokio::time::advance(Duration::from_mins(10)).await;
        let now = counts(Service::Order, 7);
        ring.note(&now);
        let window = ring.last_minute(&now);
        assert_eq!((requests(&window), window.length.as_secs()), (7, 600));
    }
}
