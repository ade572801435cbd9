//! Rate limits: GCRA per class of request, by user, else by network address. What guesses or changes something all gateways
//! count together; what reads each counts for itself, as it does everything while the store of the counts is away.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use cartwright_limits::{Quota as SharedQuota, Scale, SharedLimits, Verdict, network};
use cartwright_runtime::breaker::{self, Breaker, Circuit};
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::UserId;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;

/// draft-ietf-httpapi-ratelimit-headers-10, section 3
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The same draft, section 4
const STANDING: HeaderName = HeaderName::from_static("ratelimit");
/// Every quota is per this many seconds.
const WINDOW: u32 = 60;
/// How often keys that are back at their full quota are forgotten.
const TIDY: Duration = Duration::from_secs(30);

/// The store of the shared counts has this long; a request waits for it.
const PATIENCE: Duration = Duration::from_millis(500);
/// And is left alone for a while when it does not answer.
const AWAY: breaker::Limits =
    breaker::Limits { failures: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(10) };

static SHARED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Requests of classes that all gateways count together, by how they were counted";
    metrics::counter("rate_limit_shared_total", help, &["outcome"])
});

/// What kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Where passwords and tokens can be guessed.
    Login,
    /// Whatever changes something.
    Write,
    /// The rest.
    Read,
    /// What providers tell: many, from few addresses.
    Webhook,
}

impl Class {
    const ALL: [Self; 4] = [Self::Login, Self::Write, Self::Read, Self::Webhook];

    /// Of a request: its method and path.
    #[must_use]
    pub fn of(method: &Method, path: &str, signed_in: bool) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        // One click in a mail program is a request of the mailbox's provider, for all its users from few addresses.
        if path.starts_with("/webhooks/") || (path == "/notifications/unsubscribe" && *method == Method::POST)
        {
            return Self::Webhook;
        }
        match path.strip_prefix("/auth") {
            // Refreshing by GET shows a credential too.
            Some("/refresh") => Self::Login,
            Some(rest) if !read && !rest.starts_with("/logout") && !rest.starts_with("/sessions") => {
                Self::Login
            }
            // Without a sign-in it is a registration.
            None if path == "/users" && *method == Method::POST && !signed_in => Self::Login,
            _ if read => Self::Read,
            _ => Self::Write,
        }
    }

    /// Whether all gateways count together.
    const fn is_shared(self) -> bool {
        matches!(self, Self::Login | Self::Write)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Write => "write",
            Self::Read => "read",
            Self::Webhook => "webhook",
        }
    }

    const fn per_minute(self) -> u32 {
        match self {
            Self::Login => 30,
            Self::Write => 60,
            Self::Read => 600,
            Self::Webhook => 1_000,
        }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A signed-in user, wherever they are.
    User(UserId),
    /// An IPv4 address or an IPv6 /64, which is what one subscriber has.
    Network(IpAddr),
}

impl Key {
    /// Of a peer's address.
    #[must_use]
    pub fn network(address: IpAddr) -> Self {
        Self::Network(network(address))
    }
}

type Limiter = RateLimiter<Key, DefaultKeyedStateStore<Key>, DefaultClock, StateInformationMiddleware>;

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user#{user}"),
            Self::Network(address) => write!(f, "network#{address}"),
        }
    }
}

/// The quotas and who has used what of them.
pub struct Limits {
    buckets: [Bucket; 4],
    shared: Arc<dyn SharedLimits>,
    breaker: Breaker,
}

struct Bucket {
    class: Class,
    quota: NonZeroU32,
    limiter: Limiter,
    policy: HeaderValue,
}

/// Where a caller stands after a request was counted.
#[derive(Debug, Clone)]
pub struct Standing {
    policy: HeaderValue,
    class: Class,
    remaining: u32,
    /// Seconds until the quota is whole again.
    reset: u32,
    /// Seconds to wait, when this request was one too many.
    pub retry_after: Option<u32>,
}

impl Limits {
    /// The quotas of `api.md`, times `scale`; `shared` has what all gateways count together.
    #[must_use]
    pub fn new(scale: Scale, shared: Arc<dyn SharedLimits>) -> Self {
        let buckets = Class::ALL.map(|class| Bucket::new(class, scale.of(class.per_minute())));
        Self { buckets, shared, breaker: Breaker::new(AWAY) }
    }

    /// How the store of the shared counts is: while its circuit is not closed, this process counts by itself.
    #[must_use]
    pub fn store(&self) -> Circuit {
        self.breaker.circuit(Instant::now())
    }

    /// Requests of shared classes since the process began: those that were counted together, and those counted here only.
    #[must_use]
    pub fn counted() -> [u64; 2] {
        ["shared", "local"].map(|outcome| SHARED.with_label_values(&[outcome]).get())
    }

    /// Counts a request.
    pub async fn count(&self, class: Class, key: &Key) -> Standing {
        let bucket = &self.buckets[class as usize];
        let mut standing = bucket.count(key);
        // One who has used up the quota here has used it up.
        if class.is_shared() && standing.retry_after.is_none() {
            match self.count_shared(class, key, bucket.quota).await {
                Some(Verdict::Allowed { remaining }) => standing = bucket.standing(remaining, None),
                Some(Verdict::Refused(wait)) => standing = bucket.standing(0, Some(wait)),
                None => {}
            }
        }
        standing
    }

    /// None: the store is away, and what this process has counted counts.
    async fn count_shared(&self, class: Class, key: &Key, quota: NonZeroU32) -> Option<Verdict> {
        let counted = |outcome| SHARED.with_label_values(&[outcome]).inc();
        let Ok(pass) = self.breaker.admit(Instant::now()) else {
            counted("local");
            return None;
        };
        let key = format!("request#{}#{key}", class.name());
        let counting = self.shared.count(&key, SharedQuota::per_minute(quota));
        let verdict = match tokio::time::timeout(PATIENCE, counting).await {
            Ok(Ok(verdict)) => Some(verdict),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = cartwright_runtime::chain(&error),
                    "requests cannot be counted together"
                );
                None
            }
            Err(_) => {
                tracing::warn!("requests cannot be counted together: the store does not answer in time");
                None
            }
        };
        self.breaker.heard(pass, verdict.is_some(), Instant::now());
        counted(if verdict.is_some() { "shared" } else { "local" });
        verdict
    }

    /// Forgets who is back at a full quota, so that memory follows the callers of the last minute; until `stop`.
    pub async fn tidy(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TIDY)).await.is_some() {
            self.forget();
        }
    }

    /// Forgets them once.
    pub fn forget(&self) {
        for bucket in &self.buckets {
            bucket.limiter.retain_recent();
            bucket.limiter.shrink_to_fit();
        }
    }
}

impl Bucket {
    fn new(class: Class, quota: NonZeroU32) -> Self {
        let window = Duration::from_secs(WINDOW.into());
        let period = window / quota.get();
        let rate = Quota::with_period(period)
            .expect("a minute divided by a million is not nothing")
            .allow_burst(quota);
        let policy = format!("\"{}\";q={quota};w={WINDOW}", class.name());
        Self {
            class,
            quota,
            limiter: RateLimiter::keyed(rate).with_middleware(),
            policy: HeaderValue::try_from(policy).expect("a name and numbers are visible ASCII"),
        }
    }

    fn count(&self, key: &Key) -> Standing {
        match self.limiter.check_key(key) {
            Ok(state) => self.standing(state.remaining_burst_capacity(), None),
            Err(until) => self.standing(0, Some(until.wait_time_from(self.limiter.clock().now()))),
        }
    }

    fn standing(&self, remaining: u32, wait: Option<Duration>) -> Standing {
        let quota = self.quota.get();
        let used = u64::from(quota.saturating_sub(remaining));
        let reset = (used * u64::from(WINDOW)).div_ceil(u64::from(quota));
        Standing {
            policy: self.policy.clone(),
            class: self.class,
            remaining,
            reset: u32::try_from(reset).unwrap_or(WINDOW),
            // Rounded up: coming back at that second must succeed.
            retry_after: wait.map(|wait| u32::try_from(wait.as_secs() + 1).unwrap_or(WINDOW)),
        }
    }
}

impl Standing {
    /// Adds `RateLimit-Policy` and `RateLimit`.
    pub fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(POLICY, self.policy.clone());
        let standing = format!("\"{}\";r={};t={}", self.class.name(), self.remaining, self.reset);
        if let Ok(value) = HeaderValue::try_from(standing) {
            headers.insert(STANDING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;
    use cartwright_limits::LimitsError;

    use super::*;

    fn caller(text: &str) -> Key {
        Key::network(text.parse().unwrap())
    }

    /// A store with room for so many requests, whoever sends them; None: it is away.
    struct Store(Option<AtomicU32>, AtomicU32);

    #[async_trait]
    impl SharedLimits for Store {
        async fn count(&self, key: &str, _quota: SharedQuota) -> Result<Verdict, LimitsError> {
            self.1.fetch_add(1, Ordering::SeqCst);
            assert_eq!(key, "request#login#network#192.0.2.1");
            let room = self.0.as_ref().ok_or_else(|| LimitsError("away".into()))?;
            let left = room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            Ok(left.map_or(Verdict::Refused(Duration::from_millis(2500)), |left| Verdict::Allowed {
                remaining: left - 1,
            }))
        }
    }

    fn limits(scale: &str, room: Option<u32>) -> (Limits, Arc<Store>) {
        let store = Arc::new(Store(room.map(AtomicU32::new), AtomicU32::new(0)));
        (Limits::new(scale.parse().unwrap(), Arc::clone(&store) as Arc<dyn SharedLimits>), store)
    }

    #[tokio::test]
    async fn a_quota_is_used_up_and_says_when_to_come_back() {
        let (limits, _) = limits("0.01", None);
        let key = caller("192.0.2.1");
        for expected in (0..6).rev() {
            let standing = limits.count(Class::Read, &key).await;
            assert_eq!((standing.remaining, standing.retry_after), (expected, None));
        }
        let refused = limits.count(Class::Read, &key).await;
        assert!((1..=11).contains(&refused.retry_after.unwrap()), "{refused:?}");
        assert_eq!(limits.count(Class::Read, &caller("192.0.2.2")).await.retry_after, None);
        assert_eq!(limits.count(Class::Webhook, &key).await.retry_after, None);
    }

    #[tokio::test]
    async fn what_others_have_counted_counts_too() {
        let (limits, store) = limits("1", Some(2));
        let key = caller("192.0.2.1");
        for (remaining, retry_after) in [(1, None), (0, None), (0, Some(3)), (0, Some(3))] {
            let standing = limits.count(Class::Login, &key).await;
            assert_eq!((standing.remaining, standing.retry_after), (remaining, retry_after));
        }
        assert_eq!(store.1.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn while_the_store_is_away_each_counts_for_itself_and_soon_asks_it_no_more() {
        let (limits, store) = limits("0.3", None);
        let key = caller("192.0.2.1");
        for expected in (0..9).rev() {
            assert_eq!(limits.count(Class::Login, &key).await.remaining, expected);
        }
        limits.count(Class::Login, &key).await.retry_after.unwrap();
        assert_eq!(store.1.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn the_headers_are_those_of_the_draft() {
        let mut headers = HeaderMap::new();
        limits("1", None).0.count(Class::Read, &caller("192.0.2.1")).await.tell(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"read\";q=600;w=60");
        assert_eq!(headers["ratelimit"], "\"read\";r=599;t=1");
    }

    #[test]
    fn credentials_are_shown_in_the_login_class_only() {
        let cases = [
            (Method::POST, "/auth/login/", false, Class::Login),
            (Method::POST, "/auth/password/forgot", true, Class::Login),
            (Method::GET, "/auth/refresh", false, Class::Login),
            (Method::POST, "/auth/logout", true, Class::Write),
            (Method::GET, "/auth/sessions", true, Class::Read),
            (Method::POST, "/users", false, Class::Login),
            (Method::POST, "/users", true, Class::Write),
            (Method::POST, "/orders", false, Class::Write),
            (Method::HEAD, "/products", false, Class::Read),
            (Method::POST, "/webhooks/stripe", false, Class::Webhook),
            (Method::POST, "/notifications/unsubscribe", false, Class::Webhook),
            (Method::GET, "/notifications/unsubscribe", false, Class::Read),
        ];
        for (method, path, signed_in, class) in cases {
            assert_eq!(Class::of(&method, path, signed_in), class, "{method} {path}");
        }
    }
}
