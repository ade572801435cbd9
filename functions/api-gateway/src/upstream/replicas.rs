//! The addresses of a service: found, looked up again, and chosen among.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use http::uri::Authority;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::replica::Replica;

/// What was looked up longer ago than this is looked up again before it is used. Beside requests it is looked up more
/// often ([`super::watch`]); on Lambda nothing runs beside them.
const STALE: Duration = Duration::from_secs(30);
/// A name server has this long.
const PATIENCE: Duration = Duration::from_secs(2);
/// The port of `http://` without one.
pub(super) const HTTP: u16 = 80;

/// The addresses of one service.
#[derive(Debug)]
pub struct Replicas {
    configured: Vec<Authority>,
    /// Whether any of them is a name.
    has_names: bool,
    current: RwLock<Arc<[Arc<Replica>]>>,
    /// When it was looked up last; locked while it is.
    looked_up: Mutex<Option<Instant>>,
    dice: AtomicU64,
}

impl Replicas {
    /// Of addresses as they are configured. Makes no call.
    #[must_use]
    pub fn new(configured: Vec<Authority>) -> Self {
        let fixed = configured.iter().filter(|authority| literal(authority).is_some());
        let current: Vec<_> = fixed.map(|authority| Arc::new(of(authority, authority.clone()))).collect();
        Self {
            has_names: current.len() < configured.len(),
            configured,
            current: RwLock::new(current.into()),
            looked_up: Mutex::default(),
            dice: AtomicU64::new(cartwright_types::random::below(u64::MAX)),
        }
    }

    /// All of them, as known now.
    #[must_use]
    pub fn all(&self) -> Arc<[Arc<Replica>]> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// All of them; looked up first when nobody did for long.
    pub async fn fresh(&self) -> Arc<[Arc<Replica>]> {
        if self.has_names && self.is_stale() {
            self.look_up(STALE).await;
        }
        self.all()
    }

    /// Somebody who is looking them up right now is as good as fresh, if there is something to go on with.
    fn is_stale(&self) -> bool {
        match self.looked_up.try_lock() {
            Ok(last) => last.is_none_or(|last| last.elapsed() > STALE),
            Err(_) => self.all().is_empty(),
        }
    }

    /// Looks the names up, unless that was done within `age`. A name that gives no answer keeps the addresses it had.
    pub async fn look_up(&self, age: Duration) {
        if !self.has_names {
            return;
        }
        let mut last = self.looked_up.lock().await;
        if last.is_some_and(|last| last.elapsed() <= age) {
            return;
        }
        let known = self.all();
        let mut next: Vec<Arc<Replica>> = Vec::with_capacity(known.len());
        for configured in &self.configured {
            let host = configured.as_str();
            let of_this = || known.iter().filter(|replica| replica.host() == host);
            match addresses(configured).await {
                None => next.extend(of_this().cloned()),
                Some(found) => next.extend(found.into_iter().map(|address| {
                    // One that is known goes on with what is known of it.
                    let same = of_this().find(|replica| *replica.address() == address).cloned();
                    same.unwrap_or_else(|| Arc::new(of(configured, address)))
                })),
            }
        }
        if !same(&known, &next) {
            tracing::info!(
                addresses = next.len(),
                before = known.len(),
                "a service's addresses have changed"
            );
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = next.into();
        }
        *last = Some(Instant::now());
    }

    /// Of two that are chosen by chance, the one with fewer requests in flight. One that is passed over, or was tried
    /// before, is only chosen when there is no other.
    #[must_use]
    pub fn choose(&self, among: &[Arc<Replica>], tried: &[Arc<Replica>]) -> Option<Arc<Replica>> {
        let untried = |replica: &&Arc<Replica>| !tried.iter().any(|one| Arc::ptr_eq(one, replica));
        self.fewest(among, |replica| untried(replica) && replica.is_in())
            .or_else(|| self.fewest(among, untried))
            .or_else(|| self.fewest(among, |_| true))
    }

    fn fewest(&self, among: &[Arc<Replica>], fits: impl Fn(&&Arc<Replica>) -> bool) -> Option<Arc<Replica>> {
        let count = among.iter().filter(&fits).count();
        let nth = |nth: usize| among.iter().filter(&fits).nth(nth);
        if count < 2 {
            return nth(0).cloned();
        }
        let roll = self.roll();
        let first = index(roll & u64::from(u32::MAX), count);
        let second = (first + 1 + index(roll >> 32, count - 1)) % count;
        // A replica may have gone out between counting and taking; the other will do.
        let (first, second) = (nth(first), nth(second));
        [first, second].into_iter().flatten().min_by_key(|replica| replica.in_flight()).cloned()
    }

    /// Splitmix64: evenly spread is all that is asked of it.
    fn roll(&self) -> u64 {
        let mut z = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn index(roll: u64, count: usize) -> usize {
    usize::try_from(roll % count as u64).unwrap_or(0)
}

fn of(configured: &Authority, address: Authority) -> Replica {
    let host = HeaderValue::from_str(configured.as_str());
    Replica::new(address, host.unwrap_or_else(|_| HeaderValue::from_static("")))
}

/// The address that an authority has for its host, if it has one.
pub(super) fn literal(authority: &Authority) -> Option<IpAddr> {
    authority.host().trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Where a configured address leads, in a fixed order; None when its name is not answered for.
async fn addresses(configured: &Authority) -> Option<Vec<Authority>> {
    if literal(configured).is_some() {
        return Some(vec![configured.clone()]);
    }
    let port = configured.port_u16().unwrap_or(HTTP);
    let looking = tokio::net::lookup_host((configured.host(), port));
    let mut found: Vec<SocketAddr> = match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            tracing::warn!(name = configured.host(), %error, "a service's name could not be looked up");
            return None;
        }
        Err(_) => {
            tracing::warn!(name = configured.host(), "a service's name was not looked up in time");
            return None;
        }
    };
    found.sort_unstable();
    found.dedup();
    let found: Vec<_> = found.iter().filter_map(|address| address.to_string().parse().ok()).collect();
    (!found.is_empty()).then_some(found)
}

fn same(known: &[Arc<Replica>], next: &[Arc<Replica>]) -> bool {
    known.len() == next.len() && known.iter().zip(next).all(|(one, other)| Arc::ptr_eq(one, other))
}

#[cfg(test)]
mod tests {
    use super::super::replica::Failure;
    use super::*;

    fn replicas(count: u16) -> Replicas {
        Replicas::new((1..=count).map(|port| format!("127.0.0.1:{port}").parse().unwrap()).collect())
    }

    fn chosen(replicas: &Replicas, tried: &[Arc<Replica>]) -> [usize; 3] {
        let all = replicas.all();
        let mut chosen = [0; 3];
        for _ in 0..3000 {
            let one = replicas.choose(&all, tried).unwrap();
            chosen[all.iter().position(|replica| Arc::ptr_eq(replica, &one)).unwrap()] += 1;
        }
        chosen
    }

    #[test]
    fn all_are_chosen_alike_and_a_busy_one_less() {
        let replicas = replicas(3);
        assert!(chosen(&replicas, &[]).iter().all(|count| (800..1200).contains(count)));
        replicas.all()[1].enter();
        // It is never the better one of two.
        let [first, busy, third] = chosen(&replicas, &[]);
        assert_eq!(busy, 0);
        assert!(first > 1000 && third > 1000);
        replicas.all()[1].leave();
        assert!(chosen(&replicas, &[]).iter().all(|count| (800..1200).contains(count)));
    }

    #[test]
    fn one_that_is_out_or_was_tried_is_chosen_when_there_is_no_other() {
        let replicas = replicas(3);
        let all = replicas.all();
        all[0].failed(Failure::Refused);
        assert_eq!(chosen(&replicas, &[])[0], 0);
        assert_eq!(chosen(&replicas, &all[1..2]), [0, 0, 3000]);
        assert_eq!(chosen(&replicas, &all[1..3]), [3000, 0, 0]);
        assert!(chosen(&replicas, &all).iter().all(|count| (800..1200).contains(count)));
        all[1].failed(Failure::Refused);
        all[2].failed(Failure::Refused);
        assert!(chosen(&replicas, &[]).iter().all(|count| (800..1200).contains(count)));
        let nobody = Replicas::new(Vec::new());
        assert!(nobody.choose(&nobody.all(), &[]).is_none());
    }

    #[tokio::test]
    async fn a_name_is_looked_up_before_it_is_used_and_keeps_what_is_known_of_its_addresses() {
        let replicas = Replicas::new(vec!["localhost:8001".parse().unwrap()]);
        assert!(replicas.all().is_empty());
        let all = replicas.fresh().await;
        assert!(all.iter().any(|replica| replica.address() == "127.0.0.1:8001"), "{all:?}");
        assert!(all.iter().all(|replica| replica.host() == "localhost:8001"));
        replicas.look_up(Duration::ZERO).await;
        assert!(same(&all, &replicas.all()));
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_has_no_address() {
        let replicas = Replicas::new(vec!["nobody.invalid:1".parse().unwrap()]);
        assert!(replicas.fresh().await.is_empty());
    }
}
