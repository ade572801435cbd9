//! A service and its addresses.

use std::collections::BTreeSet;
use std::time::Duration;

use cartwright_runtime::breaker::Circuit;
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::window::Requests;
use super::{Times, until};
use crate::pages::health::{Dependency, Said, Status};
use crate::upstream::{ReplicaState, UpstreamState};

/// A service.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceStatus)]
pub struct ServiceView {
    #[schema(examples("order"))]
    name: &'static str,
    /// `down` when none of its addresses serves, `degraded` when one of them, or something they need, is not well.
    status: Status,
    /// Of its programs: one, but while another is being deployed.
    #[schema(examples("0.1.0"))]
    versions: BTreeSet<String>,
    /// Requests that it has not finished answering.
    requests_in_flight: usize,
    /// So many it can have; beyond them requests are turned away.
    requests_at_most: usize,
    breaker: BreakerView,
    /// Where it is.
    replicas: Vec<ReplicaView>,
    /// What it needs, as the worst off of its addresses sees it.
    dependencies: Vec<Dependency>,
    requests: Requests,
}

/// Whether a service is asked at all.
#[derive(Serialize, ToSchema)]
#[schema(as = BreakerStatus)]
struct BreakerView {
    #[schema(schema_with = circuits)]
    state: &'static str,
    /// Until when it is open; null when it is not.
    until: Option<DateTime<Utc>>,
}

/// One address of a service.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplicaStatus)]
struct ReplicaView {
    #[schema(examples("10.0.1.17:8003"))]
    address: String,
    /// The name that it was found under.
    #[schema(examples("order-service.acme-prod.internal:8003"))]
    host: String,
    #[schema(schema_with = states)]
    state: &'static str,
    /// Until when it is passed over; null when it is not.
    ejected_until: Option<DateTime<Utc>>,
    /// Requests that it has not finished answering.
    requests_in_flight: usize,
    /// The version of its program; null when it does not say.
    #[schema(examples("0.1.0"))]
    version: Option<String>,
    /// How it says it is; `down` also when it says nothing.
    health: Status,
    /// How long it took to say so; null: it did not answer.
    milliseconds: Option<u64>,
}

fn circuits() -> utoipa::openapi::Object {
    words(
        "`open`: requests are turned away, because too many in a row were not answered; `half_open`: the next one finds out \
            whether it may close.",
        &["closed", "open", "half_open"],
    )
}

fn states() -> utoipa::openapi::Object {
    words(
        "`ready`: it is asked; `not_ready`: it said that it takes no requests; `ejected`: it took no connections or gave no \
            answers, and is passed over for a while.",
        &["ready", "not_ready", "ejected"],
    )
}

impl ServiceView {
    /// As it was at `at`.
    pub(super) fn new(upstream: &UpstreamState, at: DateTime<Utc>, times: &Times) -> Self {
        let said: Vec<Said> = upstream.replicas.iter().map(said).collect();
        Self {
            name: upstream.service.name(),
            status: together(said.iter().map(|said| said.status)),
            versions: said.iter().filter_map(|said| said.version.clone()).collect(),
            requests_in_flight: upstream.in_flight,
            requests_at_most: upstream.most,
            breaker: BreakerView {
                state: match upstream.circuit {
                    Circuit::Closed => "closed",
                    Circuit::Open(_) => "open",
                    Circuit::Trial => "half_open",
                },
                until: until(upstream.circuit, at),
            },
            dependencies: worst(said.iter().flat_map(|said| &said.dependencies)),
            replicas: upstream
                .replicas
                .iter()
                .zip(said)
                .map(|(replica, said)| ReplicaView::new(replica, said, at))
                .collect(),
            requests: Requests::new(times, upstream.service as usize),
        }
    }
}

impl ReplicaView {
    fn new(replica: &ReplicaState, said: Said, now: DateTime<Utc>) -> Self {
        let millis = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self {
            address: replica.address.clone(),
            host: replica.host.clone(),
            state: match (replica.ejected_for, replica.is_ready) {
                (Some(_), _) => "ejected",
                (None, false) => "not_ready",
                (None, true) => "ready",
            },
            ejected_until: replica.ejected_for.map(|left| now + left),
            requests_in_flight: replica.in_flight,
            version: said.version,
            health: said.status,
            milliseconds: replica.answer.as_ref().map(|(_, took)| millis(*took)),
        }
    }
}

fn said(replica: &ReplicaState) -> Said {
    let answer = replica.answer.as_ref();
    answer.and_then(|(body, _)| Said::parse(body)).unwrap_or_default()
}

/// How a service is whose addresses are so.
fn together(addresses: impl Iterator<Item = Status> + Clone) -> Status {
    match (addresses.clone().min(), addresses.max()) {
        (Some(Status::Ok), Some(Status::Ok)) => Status::Ok,
        (Some(Status::Ok | Status::Degraded), _) => Status::Degraded,
        _ => Status::Down,
    }
}

/// Of each dependency the worst and the slowest that was said of it, in the order of the first address.
fn worst<'a>(said: impl Iterator<Item = &'a Dependency>) -> Vec<Dependency> {
    let mut all: Vec<Dependency> = Vec::new();
    for one in said {
        match all.iter_mut().find(|known| known.name == one.name) {
            None => all.push(one.clone()),
            Some(known) => {
                known.status = known.status.max(one.status);
                known.milliseconds = known.milliseconds.max(one.milliseconds);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_down_when_all_its_addresses_are_and_well_when_all_are() {
        use Status::{Degraded, Down, Ok};
        let table: [(&[Status], Status); 7] = [
            (&[], Down),
            (&[Down, Down], Down),
            (&[Ok, Down], Degraded),
            (&[Degraded, Down], Degraded),
            (&[Ok, Degraded], Degraded),
            (&[Ok, Ok], Ok),
            (&[Ok], Ok),
        ];
        for (addresses, expected) in table {
            assert_eq!(together(addresses.iter().copied()), expected, "{addresses:?}");
        }
    }

    #[test]
    fn of_a_dependency_the_worst_and_the_slowest_is_shown() {
        let line =
            |name: &str, status, milliseconds| Dependency { name: name.to_owned(), status, milliseconds };
        let said = [
            line("database", Status::Ok, 3),
            line("queue", Status::Degraded, 9),
            line("database", Status::Down, 2),
            line("queue", Status::Ok, 1),
        ];
        let shown: Vec<_> =
            worst(said.iter()).into_iter().map(|line| (line.name, line.status, line.milliseconds)).collect();
        let expected = [("database", Status::Down, 3), ("queue", Status::Degraded, 9)];
        assert_eq!(shown, expected.map(|(name, status, took)| (name.to_owned(), status, took)));
    }
}
