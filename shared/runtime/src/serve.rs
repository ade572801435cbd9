//! A program from its first request to its orderly end, in a container and on Lambda.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures::future::join_all;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::work::{QueueConsumer, Work};
use crate::{Listen, lambda, metrics, traces};

/// Whether the process wants traffic. Red from SIGTERM on, while it still serves what comes.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// True until the end begins.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }

    fn turn_red(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How long requests and background work have after that; together under the container's stop timeout of 60 s.
const DRAIN: Duration = Duration::from_secs(38);
/// What background work still has when requests have used up all of it.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A service: its routes, its queues and the work beside them.
///
/// ```no_run
/// # use cartwright_runtime::{Env, Listen, Program, every};
/// # async fn example(router: axum::Router, listen: Listen) -> anyhow::Result<()> {
/// let mut program = Program::new(listen);
/// program.work(every("tidy", std::time::Duration::from_hours(1), || async { Ok::<(), std::io::Error>(()) }));
/// program.serve(router).await
/// # }
/// ```
pub struct Program {
    listen: Listen,
    readiness: Readiness,
    pub(crate) works: Vec<Arc<dyn Work>>,
    pub(crate) consumers: Vec<Arc<dyn QueueConsumer>>,
}

impl Program {
    /// A program with nothing to do yet.
    #[must_use]
    pub fn new(listen: Listen) -> Self {
        Self { listen, readiness: Readiness::default(), works: Vec::new(), consumers: Vec::new() }
    }

    /// For the health page: red from SIGTERM on.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Adds work beside requests.
    pub fn work(&mut self, work: impl Work) {
        self.works.push(Arc::new(work));
    }

    /// Adds a queue.
    pub fn consume(&mut self, consumer: impl QueueConsumer) {
        self.consumers.push(Arc::new(consumer));
    }

    /// Serves `router`: on Lambda when `AWS_LAMBDA_RUNTIME_API` is set, else on its port until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// A port is taken, or accepting fails.
    pub async fn serve(self, router: Router) -> Result<(), anyhow::Error> {
        let service = router.clone();
        self.serve_with(service, async move |listener, stop: CancellationToken| {
            Ok(axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await?)
        })
        .await
    }

    /// The same with a server of one's own for the port: it ends when its token is cancelled and requests are answered.
    ///
    /// At the end readiness turns red, the server goes on for [`Listen::lame_duck`], then requests and
    /// background work have 40 s.
    ///
    /// # Errors
    /// A port is taken, or the server fails.
    pub async fn serve_with<S, F>(self, service: S, server: F) -> Result<(), anyhow::Error>
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
        F: AsyncFnOnce(TcpListener, CancellationToken) -> Result<(), anyhow::Error>,
    {
        if self.listen.lambda {
            return lambda::run(service, self).await;
        }
        let listener = bind(self.listen.address).await?;
        let admin = bind(self.listen.admin).await?;
        tracing::info!(address = %listener.local_addr()?, admin = %admin.local_addr()?, "serving");
        let stop = self.end_on_signal();
        let tasks = TaskTracker::new();
        tasks.spawn(stop.clone().run_until_cancelled_owned(metrics::serve(admin)));
        if !self.listen.app_env.is_local() {
            tasks.spawn(metrics::emit_every_minute(stop.clone()));
        }
        for consumer in &self.consumers {
            tasks.spawn(Arc::clone(consumer).run(stop.clone()));
        }
        for work in &self.works {
            let (work, stop) = (Arc::clone(work), stop.clone());
            tasks.spawn(async move { work.run(stop).await });
        }
        let cancelled = stop.clone();
        let too_late = async move {
            cancelled.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::pin!(too_late);
        let overdue = tokio::select! {
            ended = server(listener, stop.clone()) => {
                ended?;
                false
            }
            () = &mut too_late => true,
        };
        if overdue {
            tracing::warn!("requests were still running when the time to drain was over");
        }
        tasks.close();
        let rest = async {
            tasks.wait().await;
            // What the last requests left to do, when the loops had ended already.
            join_all(self.works.iter().map(|work| work.after_invocation())).await;
        };
        let ended = tokio::select! {
            () = rest => true,
            () = too_late, if !overdue => false,
            () = tokio::time::sleep(LAST_WORDS), if overdue => false,
        };
        if !ended {
            tracing::warn!("background work was still running when the time to drain was over");
        }
        if !self.listen.app_env.is_local() {
            metrics::emit_changes();
        }
        traces::flush().await;
        tracing::info!("stopped");
        Ok(())
    }

    /// A token that is cancelled some time after SIGTERM or SIGINT.
    fn end_on_signal(&self) -> CancellationToken {
        let token = CancellationToken::new();
        let (stop, readiness) = (token.clone(), self.readiness.clone());
        let lame_duck = self.listen.lame_duck;
        tokio::spawn(async move {
            until_signal().await;
            tracing::info!("stopping");
            readiness.turn_red();
            tokio::time::sleep(lame_duck).await;
            stop.cancel();
        });
        token
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, anyhow::Error> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another program using the port?"))
}

/// SIGTERM or SIGINT.
async fn until_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => {
            tracing::error!(%error, "cannot listen for signals");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
    }
}
