//! Serving: keys, listener, and an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_runtime::{AppEnv, Shutdown};
use cartwright_types::SharedClock;
use cartwright_web::identity::AudienceKeys;
use tokio::net::TcpListener;

use crate::config::Serving;
use crate::routes::{ROUTES, Service};
use crate::server;
use crate::state::{Gateway, Settings};
use crate::upstream::{Upstream, Upstreams};

/// Serves until the process is told to end.
///
/// # Errors
/// The identity keys cannot be read, or the address is taken.
pub async fn serve(
    serving: Serving,
    app_env: AppEnv,
    address: SocketAddr,
    clock: SharedClock,
) -> anyhow::Result<()> {
    let upstreams = Box::pin(upstreams(&serving, &clock)).await?;
    let shutdown = Shutdown::default();
    let gateway = Gateway::new(Settings {
        app_env,
        routes: &ROUTES,
        upstreams,
        issuer: serving.issuer,
        audience: serving.audience,
        clock,
        rate_limit_scale: serving.rate_limit_scale,
        readiness: shutdown.readiness.clone(),
    });
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another program using the port?"))?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    shutdown.on_signal(app_env);
    let (tidied, stop) = (Arc::clone(&gateway), shutdown.token.clone());
    shutdown.spawn(async move { tidied.limits().tidy(stop).await });
    server::serve(listener, gateway, shutdown.token).await;
    tracing::info!("stopped");
    Ok(())
}

async fn upstreams(serving: &Serving, clock: &SharedClock) -> anyhow::Result<Upstreams> {
    let secrets = Secrets::new(&serving.aws.sdk_config().await);
    let upstream = async |service: Service| {
        let name = format!("{}identity/{}", serving.aws.secrets_prefix, service.name());
        let keys: RotatingKeys = secrets.get(&name).await?;
        let keys = AudienceKeys::try_from(&keys).with_context(|| format!("secret {name}"))?;
        let addresses = serving.services[service as usize].clone();
        anyhow::Ok(Upstream::new(service, addresses, keys, clock.clone()))
    };
    let [user, product, order, notification] = Service::ALL.map(upstream);
    let (user, product, order, notification) = tokio::try_join!(user, product, order, notification)?;
    Ok(Upstreams::new([user, product, order, notification]))
}
