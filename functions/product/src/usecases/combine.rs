//! Requests that arrive together for the same thing become one commit.
//!
//! A hot row is held from its update until its transaction is on disk, so one after the other means one disk write each.
//! Here a request that finds its row in use waits in the process, without a connection, and all that wait go on together.
//! Nobody waits while nothing of theirs is in use. The database decides; several processes combine each for themselves.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Requests of one commit.
const MOST: usize = 64;
/// What they weigh together: as much again would be a transaction of its own.
const HEAVIEST: usize = 512;

/// What is done for many at once.
pub trait Batch: Send + Sync + 'static {
    /// What one caller wants.
    type Request: Send + Sync + 'static;
    /// What one caller hears.
    type Answer: Send + 'static;

    /// What the request needs for itself: while one batch has a key, no other with that key begins.
    fn keys(request: &Self::Request) -> impl Iterator<Item = &str>;

    /// Does all of it in one transaction; an answer for each, in their order.
    fn run(
        &self,
        requests: &[Self::Request],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, sqlx::Error>> + Send;
}

/// Why there is no answer. The request may be repeated.
#[derive(Debug, Error)]
pub enum CombineError {
    /// The transaction of all of them failed.
    #[error("the batch failed")]
    Failed(#[source] Arc<sqlx::Error>),
    /// Whoever worked at it is gone.
    #[error("the batch was given up")]
    Lost,
}

/// Takes requests and runs them in batches.
pub struct Combiner<B: Batch>(Arc<Shared<B>>);

struct Shared<B: Batch> {
    batch: B,
    /// Batches under way at once.
    most_running: usize,
    queue: Mutex<Queue<B>>,
}

struct Queue<B: Batch> {
    waiting: VecDeque<Member<B>>,
    /// The keys of the batches under way.
    busy: HashSet<String>,
    running: usize,
}

struct Member<B: Batch> {
    request: B::Request,
    reply: oneshot::Sender<Result<B::Answer, CombineError>>,
}

impl<B: Batch> Combiner<B> {
    /// Runs at most `most_running` batches at once: no more than there are connections to spare.
    pub fn new(batch: B, most_running: usize) -> Self {
        let queue = Queue { waiting: VecDeque::new(), busy: HashSet::new(), running: 0 };
        Self(Arc::new(Shared { batch, most_running: most_running.max(1), queue: Mutex::new(queue) }))
    }

    /// Does what `request` asks for, alone or with others. It is done even when the caller stops listening, once it began.
    ///
    /// # Errors
    /// See [`CombineError`]: every member of a batch hears the same.
    pub async fn submit(&self, request: B::Request) -> Result<B::Answer, CombineError> {
        let (reply, answer) = oneshot::channel();
        self.0.queue().waiting.push_back(Member { request, reply });
        Shared::start(&self.0);
        answer.await.unwrap_or(Err(CombineError::Lost))
    }
}

impl<B: Batch> Shared<B> {
    fn queue(&self) -> MutexGuard<'_, Queue<B>> {
        // Nothing in here panics halfway through a change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins as many batches as may run now.
    fn start(shared: &Arc<Self>) {
        // None while the process ends: then nobody listens either.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut queue = shared.queue();
        while queue.running < shared.most_running {
            let (members, keys) = queue.next();
            if members.is_empty() {
                return;
            }
            queue.running += 1;
            let turn = Turn { shared: shared.clone(), keys };
            runtime.spawn(turn.run(members));
        }
    }
}

impl<B: Batch> Queue<B> {
    /// The next batch: the first that wait for nobody, in their order. Whoever shares a key with one that goes on waiting
    /// waits behind it, so that a request of many keys gets its turn.
    fn next(&mut self) -> (Vec<Member<B>>, HashSet<String>) {
        let (mut members, mut keys, mut weight) = (Vec::new(), HashSet::new(), 0);
        let (mut passed, mut wanted) = (VecDeque::new(), HashSet::new());
        while members.len() < MOST && weight < HEAVIEST {
            let Some(member) = self.waiting.pop_front() else { break };
            if member.reply.is_closed() {
                continue;
            }
            let of_member: Vec<String> = B::keys(&member.request).map(str::to_owned).collect();
            if of_member.iter().any(|key| self.busy.contains(key) || wanted.contains(key)) {
                wanted.extend(of_member);
                passed.push_back(member);
            } else {
                weight += of_member.len();
                keys.extend(of_member);
                members.push(member);
            }
        }
        passed.append(&mut self.waiting);
        self.waiting = passed;
        self.busy.extend(keys.iter().cloned());
        (members, keys)
    }
}

/// A batch under way. However it ends, its keys are free then and the next begins.
struct Turn<B: Batch> {
    shared: Arc<Shared<B>>,
    keys: HashSet<String>,
}

impl<B: Batch> Turn<B> {
    async fn run(self, members: Vec<Member<B>>) {
        let (requests, replies): (Vec<_>, Vec<_>) =
            members.into_iter().map(|member| (member.request, member.reply)).unzip();
        let result = self.shared.batch.run(&requests).await;
        // The next batch is on its way before the answers are.
        drop(self);
        match result {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // A caller may have gone away.
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(error) => {
                tracing::error!(
                    error = cartwright_runtime::chain(&error),
                    members = replies.len(),
                    "a batch failed"
                );
                let error = Arc::new(error);
                for reply in replies {
                    let _ = reply.send(Err(CombineError::Failed(error.clone())));
                }
            }
        }
    }
}

impl<B: Batch> Drop for Turn<B> {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.running -= 1;
        for key in &self.keys {
            queue.busy.remove(key);
        }
        drop(queue);
        Shared::start(&self.shared);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// Answers with the size of the batch, one turn a permit.
    #[derive(Default)]
    struct Counting {
        gate: Arc<Gate>,
    }

    struct Gate {
        permits: Semaphore,
        began: AtomicUsize,
        fails: bool,
    }

    impl Default for Gate {
        fn default() -> Self {
            Self { permits: Semaphore::new(0), began: AtomicUsize::new(0), fails: false }
        }
    }

    impl Gate {
        fn open(&self, turns: usize) {
            self.permits.add_permits(turns);
        }

        /// Lets everything go on that can.
        async fn settle(&self) -> usize {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            self.began.load(Ordering::SeqCst)
        }
    }

    impl Batch for Counting {
        type Request = Vec<&'static str>;
        type Answer = usize;

        fn keys(request: &Self::Request) -> impl Iterator<Item = &str> {
            request.iter().copied()
        }

        async fn run(&self, requests: &[Self::Request]) -> Result<Vec<usize>, sqlx::Error> {
            self.gate.began.fetch_add(1, Ordering::SeqCst);
            self.gate.permits.acquire().await.unwrap().forget();
            assert!(!requests.iter().any(|request| request.contains(&"panic")), "as asked for");
            if self.gate.fails {
                Err(sqlx::Error::PoolTimedOut)
            } else {
                Ok(vec![requests.len(); requests.len()])
            }
        }
    }

    fn combiner(most_running: usize) -> (Arc<Gate>, Arc<Combiner<Counting>>) {
        let gate = Arc::new(Gate::default());
        (gate.clone(), Arc::new(Combiner::new(Counting { gate }, most_running)))
    }

    fn submit(
        combiner: &Arc<Combiner<Counting>>,
        keys: &[&'static str],
    ) -> tokio::task::JoinHandle<Result<usize, CombineError>> {
        let (combiner, keys) = (combiner.clone(), keys.to_vec());
        tokio::spawn(async move { combiner.submit(keys).await })
    }

    #[tokio::test]
    async fn who_comes_while_their_key_is_in_use_goes_on_together() {
        let (gate, combiner) = combiner(8);
        let first = submit(&combiner, &["a"]);
        assert_eq!(gate.settle().await, 1);
        let others: Vec<_> = (0..100).map(|_| submit(&combiner, &["a"])).collect();
        assert_eq!(gate.settle().await, 1);
        gate.open(3);
        assert_eq!(first.await.unwrap().unwrap(), 1);
        let sizes: Vec<usize> =
            join_all(others).await.into_iter().map(|size| size.unwrap().unwrap()).collect();
        assert_eq!((sizes[0], sizes[99]), (64, 36));
        assert_eq!(gate.settle().await, 3);
    }

    #[tokio::test]
    async fn other_keys_go_on_at_once_but_not_past_one_that_waits_for_them() {
        let (gate, combiner) = combiner(8);
        let _first = submit(&combiner, &["a"]);
        gate.settle().await;
        let _waits = submit(&combiner, &["a", "b"]);
        assert_eq!(gate.settle().await, 1);
        let _free = submit(&combiner, &["c"]);
        assert_eq!(gate.settle().await, 2);
        let _behind = submit(&combiner, &["b"]);
        assert_eq!(gate.settle().await, 2);
        gate.open(2);
        assert_eq!(gate.settle().await, 3);
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_may() {
        let (gate, combiner) = combiner(2);
        let all: Vec<_> = ["a", "b", "c", "d"].map(|key| submit(&combiner, &[key])).into();
        assert_eq!(gate.settle().await, 2);
        gate.open(4);
        let sizes: Vec<usize> = join_all(all).await.into_iter().map(|size| size.unwrap().unwrap()).collect();
        assert_eq!(sizes, [1, 1, 2, 2]);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_holds_nobody_up() {
        let (gate, combiner) = combiner(8);
        let (first, second, third) =
            (submit(&combiner, &["a"]), submit(&combiner, &["a"]), submit(&combiner, &["a"]));
        gate.settle().await;
        first.abort();
        second.abort();
        assert_eq!(gate.settle().await, 1);
        gate.open(2);
        // Who was not begun is not done.
        assert_eq!(third.await.unwrap().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_failure_reaches_every_member_and_the_next_batch_begins() {
        let gate = Arc::new(Gate { fails: true, ..Gate::default() });
        let combiner = Arc::new(Combiner::new(Counting { gate: gate.clone() }, 8));
        let all: Vec<_> = (0..3).map(|_| submit(&combiner, &["a"])).collect();
        gate.settle().await;
        gate.open(9);
        for failed in join_all(all).await {
            assert!(matches!(failed.unwrap(), Err(CombineError::Failed(_))));
        }
        assert_eq!(gate.settle().await, 2);
    }

    #[tokio::test]
    async fn a_panic_is_a_lost_batch_and_frees_its_keys() {
        let (gate, combiner) = combiner(8);
        let (lost, next) = (submit(&combiner, &["a", "panic"]), submit(&combiner, &["a"]));
        gate.open(2);
        assert!(matches!(lost.await.unwrap(), Err(CombineError::Lost)));
        assert_eq!(next.await.unwrap().unwrap(), 1);
    }
}
