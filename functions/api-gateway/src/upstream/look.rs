//! How a service is, for who looks at it: what is known here, and what each of its addresses says of itself. Looking changes
//! nothing: no request is counted, no address or breaker judged by it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cartwright_runtime::breaker::Circuit;
use futures::future::join_all;
use http::uri::PathAndQuery;

use super::replica::Replica;
use super::{OWN_ANSWER, Outgoing, Upstreams};
use crate::body::Upload;
use crate::routes::Service;

/// A service.
#[derive(Debug)]
pub struct UpstreamState {
    /// Which.
    pub service: Service,
    /// Requests that it has not finished answering.
    pub in_flight: usize,
    /// So many it can have.
    pub most: usize,
    /// Its breaker.
    pub circuit: Circuit,
    /// Its addresses.
    pub replicas: Vec<ReplicaState>,
}

/// An address of a service.
#[derive(Debug)]
pub struct ReplicaState {
    /// Where connections are made to.
    pub address: String,
    /// The name that it was found under.
    pub host: String,
    /// Whether it said that it is ready, when it was asked last.
    pub is_ready: bool,
    /// How long it is passed over yet.
    pub ejected_for: Option<Duration>,
    /// Requests that it has not finished answering.
    pub in_flight: usize,
    /// What it answered, whatever the status, and how long that took; None: nothing in time.
    pub answer: Option<(Bytes, Duration)>,
}

impl Upstreams {
    /// Looks at `service`, and asks each of its addresses for `target`.
    pub async fn look(&self, service: Service, target: &'static str, patience: Duration) -> UpstreamState {
        let upstream = self.of(service);
        let target = PathAndQuery::from_static(target);
        let replicas = upstream.replicas.fresh().await;
        let answers = join_all(replicas.iter().map(|replica| self.ask(replica, &target, patience))).await;
        // As it is now, and not as it was before the answers.
        let states = replicas.iter().zip(answers).map(|(replica, answer)| ReplicaState {
            address: replica.address().to_string(),
            host: String::from_utf8_lossy(replica.host().as_bytes()).into_owned(),
            is_ready: replica.is_ready(),
            ejected_for: replica.ejected_for(),
            in_flight: replica.in_flight(),
            answer,
        });
        UpstreamState {
            service,
            in_flight: upstream.in_flight.count(),
            most: self.0.per_replica * replicas.len().max(1),
            circuit: upstream.breaker.circuit(Instant::now()),
            replicas: states.collect(),
        }
    }

    async fn ask(
        &self,
        replica: &Replica,
        target: &PathAndQuery,
        patience: Duration,
    ) -> Option<(Bytes, Duration)> {
        let started = Instant::now();
        let request = Outgoing::own(target).request(replica, Upload::NONE);
        let asking = tokio::time::timeout(patience, replica.pool().read(request, OWN_ANSWER));
        let (_, body) = asking.await.ok()?.ok()?;
        Some((body?, started.elapsed()))
    }
}
