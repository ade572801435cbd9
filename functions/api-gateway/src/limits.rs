//! Rate limits: GCRA per class of request, by user, else by network address. What each process counts is its own.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use cartwright_limits::{Scale, network};
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

/// The quotas and who has used what of them.
pub struct Limits([Bucket; 4]);

struct Bucket {
    class: Class,
    quota: u32,
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
    /// The quotas of `api.md`, times `scale`.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        Self(Class::ALL.map(|class| Bucket::new(class, scale.of(class.per_minute()))))
    }

    /// Counts a request.
    #[must_use]
    pub fn count(&self, class: Class, key: &Key) -> Standing {
        self.0[class as usize].count(key)
    }

    /// Forgets who is back at a full quota, so that memory follows the callers of the last minute; until `stop`.
    pub async fn tidy(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TIDY)).await.is_some() {
            self.forget();
        }
    }

    /// Forgets them once.
    pub fn forget(&self) {
        for bucket in &self.0 {
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
            quota: quota.get(),
            limiter: RateLimiter::keyed(rate).with_middleware(),
            policy: HeaderValue::try_from(policy).expect("a name and numbers are visible ASCII"),
        }
    }

    fn count(&self, key: &Key) -> Standing {
        let (remaining, retry_after) = match self.limiter.check_key(key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(self.limiter.clock().now()))),
        };
        let used = u64::from(self.quota.saturating_sub(remaining));
        let reset = (used * u64::from(WINDOW)).div_ceil(u64::from(self.quota));
        Standing {
            policy: self.policy.clone(),
            class: self.class,
            remaining,
            reset: u32::try_from(reset).unwrap_or(WINDOW),
            // Rounded up: coming back at that second must succeed.
            retry_after: retry_after.map(|wait| u32::try_from(wait.as_secs() + 1).unwrap_or(WINDOW)),
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
    use super::*;

    fn caller(text: &str) -> Key {
        Key::network(text.parse().unwrap())
    }

    #[test]
    fn a_quota_is_used_up_and_says_when_to_come_back() {
        let limits = Limits::new("0.1".parse().unwrap());
        let key = caller("192.0.2.1");
        for expected in [2, 1, 0] {
            let standing = limits.count(Class::Login, &key);
            assert_eq!((standing.remaining, standing.retry_after), (expected, None));
        }
        let refused = limits.count(Class::Login, &key);
        assert!((1..=21).contains(&refused.retry_after.unwrap()), "{refused:?}");
        assert_eq!(limits.count(Class::Login, &caller("192.0.2.2")).retry_after, None);
        assert_eq!(limits.count(Class::Read, &key).retry_after, None);
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let mut headers = HeaderMap::new();
        Limits::new(Scale::default()).count(Class::Read, &caller("192.0.2.1")).tell(&mut headers);
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
