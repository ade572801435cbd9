//! Answers that take the same time whatever was found.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Work that depends on whether an address is known ends well within one step.
const STEP: Duration = Duration::from_millis(100);

/// Measures from its start; ends at a whole step.
pub struct EvenTime(Instant);

impl EvenTime {
    /// From now on.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Waits for the next whole step: a few statements more or less do not show.
    pub async fn end(self) {
        let steps = self.0.elapsed().as_millis() / STEP.as_millis() + 1;
        sleep_until(self.0 + STEP * u32::try_from(steps).unwrap_or(u32::MAX)).await;
    }
}

/// Runs `work` and answers at the next whole step.
pub async fn in_even_time<F: Future>(work: F) -> F::Output {
    let evenly = EvenTime::start();
    let output = work.await;
    evenly.end().await;
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_and_longer_work_take_the_same_time() {
        for milliseconds in [0, 60] {
            let started = Instant::now();
            in_even_time(tokio::time::sleep(Duration::from_millis(milliseconds))).await;
            assert!(started.elapsed() >= STEP, "{milliseconds}");
        }
    }
}
