//! The providers of one channel, in the order they are asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cartwright_runtime::breaker::{Breaker, Limits};

use super::{Provider, SendError};

/// When a provider is away: at a third of all failing, this many in a row are one chance in fifteen thousand.
const LIMITS: Limits =
    Limits { failures: 8, pause: Duration::from_secs(10), longest: Duration::from_mins(2) };

/// A channel's providers; made of at least one.
pub struct Outlet<M: 'static>(Vec<Line<M>>);

struct Line<M: 'static> {
    provider: Arc<dyn Provider<M>>,
    breaker: Breaker,
}

/// A provider that did not say it took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Its name.
    pub provider: &'static str,
    /// What it said.
    pub error: SendError,
}

/// How it went: who was asked in vain, and who took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// In the order they were asked. All but the last did not take it; of the last, its error says what is known.
    pub misses: Vec<Miss>,
    /// Who took it, and its name for the message. None: nobody.
    pub taken: Option<(&'static str, String)>,
    /// Nobody was asked, as every circuit is open; for so long.
    pub closed_for: Option<Duration>,
}

impl<M: 'static> Outlet<M> {
    /// The providers, the first to be asked first.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider<M>>>) -> Self {
        Self(providers.into_iter().map(|provider| Line { provider, breaker: Breaker::new(LIMITS) }).collect())
    }

    /// For how long nobody can be asked; None: somebody can.
    #[must_use]
    pub fn closed_for(&self) -> Option<Duration> {
        let now = Instant::now();
        let waits: Option<Vec<Duration>> = self.0.iter().map(|line| line.breaker.open_for(now)).collect();
        waits?.into_iter().min()
    }

    /// Hands the message to the first provider that takes it. The next is asked only when the one before surely did not take
    /// it and another may: never after a refusal for good, never when an answer was lost.
    pub async fn send(&self, message: &M) -> Posted {
        self.send_at(message, Instant::now()).await
    }

    async fn send_at(&self, message: &M, now: Instant) -> Posted {
        let started = Instant::now();
        let mut posted = Posted { misses: Vec::new(), taken: None, closed_for: None };
        let mut shortest: Option<Duration> = None;
        for Line { provider, breaker } in &self.0 {
            let pass = match breaker.admit(now + started.elapsed()) {
                Ok(pass) => pass,
                Err(wait) => {
                    shortest = Some(shortest.map_or(wait, |shortest| shortest.min(wait)));
                    continue;
                }
            };
            let answer = provider.send(message).await;
            breaker.heard(pass, is_well(&answer), now + started.elapsed());
            match answer {
                Ok(message_id) => {
                    posted.taken = Some((provider.name(), message_id));
                    return posted;
                }
                Err(error) => {
                    let is_others = matches!(error, SendError::Transient(_) | SendError::Throttled(_));
                    posted.misses.push(Miss { provider: provider.name(), error });
                    if !is_others {
                        return posted;
                    }
                }
            }
        }
        if posted.misses.is_empty() {
            posted.closed_for = Some(shortest.unwrap_or_default());
        }
        posted
    }

    /// Whether the first of them can be reached.
    ///
    /// # Errors
    /// It cannot, or there is none.
    pub async fn check(&self) -> Result<(), String> {
        let Some(line) = self.0.first() else { return Err("no provider".to_owned()) };
        line.provider.check().await
    }
}

/// A provider that refuses a message, or takes no more for now, is well.
const fn is_well<T>(answer: &Result<T, SendError>) -> bool {
    matches!(answer, Ok(_) | Err(SendError::Permanent(_) | SendError::Throttled(_)))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;

    struct Scripted(&'static str, Mutex<Vec<Result<(), SendError>>>);

    #[async_trait]
    impl Provider<()> for Scripted {
        fn name(&self) -> &'static str {
            self.0
        }

        async fn send(&self, (): &()) -> Result<String, SendError> {
            let answer = self.1.lock().unwrap().pop().unwrap_or(Ok(()));
            answer.map(|()| format!("{}-1", self.0))
        }

        async fn check(&self) -> Result<(), String> {
            Ok(())
        }
    }

    fn outlet(first: Result<(), SendError>, times: usize) -> Outlet<()> {
        Outlet::new(vec![
            Arc::new(Scripted("first", Mutex::new(vec![first; times]))),
            Arc::new(Scripted("second", Mutex::new(Vec::new()))),
        ])
    }

    #[tokio::test]
    async fn the_next_is_asked_only_when_the_first_surely_did_not_take_it() {
        let code = || "Code".to_owned();
        for (error, taken_by) in [
            (SendError::Transient(code()), Some("second")),
            (SendError::Throttled(code()), Some("second")),
            (SendError::Permanent(code()), None),
            (SendError::Unknown(code()), None),
        ] {
            let posted = outlet(Err(error.clone()), 1).send(&()).await;
            assert_eq!(posted.taken.map(|(name, _)| name), taken_by, "{error:?}");
            assert_eq!(posted.misses, [Miss { provider: "first", error }]);
        }
        let posted = outlet(Ok(()), 1).send(&()).await;
        assert_eq!((posted.taken, posted.misses), (Some(("first", "first-1".to_owned())), Vec::new()));
    }

    #[tokio::test]
    async fn a_provider_that_is_away_is_passed_over_until_it_is_back() {
        let outlet = outlet(Err(SendError::Transient("ConnectionFailed".to_owned())), 8);
        for _ in 0..8 {
            assert_eq!(outlet.send(&()).await.misses.len(), 1);
        }
        let posted = outlet.send(&()).await;
        assert_eq!((posted.misses.len(), posted.taken.unwrap().0), (0, "second"));
        assert_eq!(outlet.closed_for(), None);
        let later = Instant::now() + Duration::from_secs(11);
        assert_eq!(outlet.send_at(&(), later).await.taken.unwrap().0, "first");
    }

    #[tokio::test]
    async fn a_provider_that_refuses_or_takes_no_more_for_now_is_not_away() {
        for error in [SendError::Permanent("Rejected".to_owned()), SendError::Throttled("TooMany".to_owned())]
        {
            let outlet = outlet(Err(error), 30);
            for _ in 0..30 {
                assert_eq!(outlet.send(&()).await.misses.len(), 1);
            }
        }
    }

    #[tokio::test]
    async fn with_every_circuit_open_nobody_is_asked() {
        let away = vec![Err(SendError::Unknown("Timeout".to_owned())); 8];
        let outlet = Outlet::new(vec![Arc::new(Scripted("only", Mutex::new(away))) as Arc<dyn Provider<()>>]);
        for _ in 0..8 {
            outlet.send(&()).await;
        }
        let posted = outlet.send(&()).await;
        assert_eq!((posted.taken, posted.misses), (None, Vec::new()));
        assert!(posted.closed_for > Some(Duration::from_secs(9)) && outlet.closed_for() <= posted.closed_for);
    }
}
