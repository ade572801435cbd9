//! Serving until told to stop, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::AppEnv;

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

/// The end of the process: who is told and who is waited for.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Red from the first signal on.
    pub readiness: Readiness,
    /// Cancelled when background work should take nothing new.
    pub token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// Begins the end at SIGTERM or SIGINT: readiness turns red, [`Shutdown::token`] is cancelled 10 s later (at once in
    /// `local` and `test`).
    pub fn on_signal(&self, app_env: AppEnv) {
        let (ending, lame_duck) = (self.clone(), if app_env.is_local() { Duration::ZERO } else { LAME_DUCK });
        tokio::spawn(async move {
            until_signal().await;
            tracing::info!("stopping");
            ending.readiness.turn_red();
            tokio::time::sleep(lame_duck).await;
            ending.token.cancel();
        });
    }

    /// Starts background work that the end waits for. It watches [`Shutdown::token`].
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }
}

/// How long a process that was told to end goes on answering, so that the load balancer notices first.
const LAME_DUCK: Duration = Duration::from_secs(10);
/// How long requests and background work have after that; together under the container's stop timeout of 60 s.
const DRAIN: Duration = Duration::from_secs(40);

/// Serves `router` on `address` until SIGTERM or SIGINT: readiness turns red, it serves on for 10 s (not at all in
/// `local` and `test`), then drains connections and background work.
///
/// # Errors
/// The address is taken, or accepting fails.
pub async fn serve(
    router: Router,
    address: SocketAddr,
    shutdown: Shutdown,
    app_env: AppEnv,
) -> Result<(), anyhow::Error> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another program using the port?"))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    shutdown.on_signal(app_env);
    let token = shutdown.token.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(token.cancelled_owned()).into_future();
    let cancelled = shutdown.token.clone();
    let too_late = async move {
        cancelled.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = server => ended?,
        () = too_late => tracing::warn!("requests were still running when the time to drain was over"),
    }
    shutdown.tasks.close();
    if tokio::time::timeout(DRAIN, shutdown.tasks.wait()).await.is_err() {
        tracing::warn!("background work was still running when the time to drain was over");
    }
    tracing::info!("stopped");
    Ok(())
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
