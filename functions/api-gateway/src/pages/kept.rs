//! An answer that counts for a moment, and is asked for by one at a time.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// What was answered last.
#[derive(Debug)]
pub struct Kept<T> {
    life: Duration,
    last: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Kept<T> {
    /// Answers that count for `life`.
    pub fn new(life: Duration) -> Self {
        Self { life, last: Mutex::default() }
    }

    /// What counts, or what `ask` answers. Whoever comes while somebody asks waits for the same answer.
    pub async fn get(&self, ask: impl Future<Output = T>) -> T {
        let mut last = self.last.lock().await;
        if let Some((asked, answer)) = last.as_ref()
            && asked.elapsed() < self.life
        {
            return answer.clone();
        }
        let answer = ask.await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_who_come_at_once_are_one_question_and_later_there_is_another() {
        let (kept, asked) = (Kept::new(Duration::from_secs(5)), AtomicUsize::new(0));
        let ask = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            asked.fetch_add(1, Ordering::SeqCst) + 1
        };
        let get = || kept.get(ask());
        assert_eq!(join_all((0..20).map(|_| get())).await, [1; 20]);
        tokio::time::advance(Duration::from_millis(4900)).await;
        assert_eq!(get().await, 1);
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(get().await, 2);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
