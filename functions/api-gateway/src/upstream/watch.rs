//! Beside requests: addresses are looked up again, and each is asked whether it is ready.

use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::{BoxError, Work};
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Upstream, Upstreams};
use crate::routes::Service;

/// Between two rounds. One that is told to end goes on serving for five times as long.
const INTERVAL: Duration = Duration::from_secs(2);
/// Names are looked up about so often; Cloud Map's answers are good for 10 s.
const LOOKED_UP: Duration = Duration::from_secs(5);

/// Watches all services, in a container.
pub struct Watch(pub Upstreams);

impl Watch {
    /// One round.
    pub async fn round(&self) {
        join_all(Service::ALL.map(|service| self.look_at(self.0.of(service)))).await;
    }

    async fn look_at(&self, upstream: &Upstream) {
        upstream.replicas.look_up(LOOKED_UP).await;
        let replicas = upstream.replicas.all();
        for replica in replicas.iter() {
            replica.pool().tidy();
        }
        join_all(replicas.iter().map(|replica| self.0.probe(replica))).await;
    }
}

#[async_trait]
impl Work for Watch {
    fn name(&self) -> &'static str {
        "upstreams"
    }

    async fn run(&self, stop: CancellationToken) {
        let turn = async || {
            self.round().await;
            tokio::time::sleep(INTERVAL).await;
        };
        while stop.run_until_cancelled(turn()).await.is_some() {}
    }

    /// On Lambda a load balancer does it.
    async fn once(&self) -> Result<(), BoxError> {
        Ok(())
    }
}
