//! The generic cell rate algorithm, in milliseconds: one number per key says when all of its requests will have been paid.

use std::num::NonZeroU32;
use std::time::Duration;

/// So many requests at once, and from then on as many per window, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    requests: NonZeroU32,
    window: Duration,
}

/// What a request finds, given the number that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The key's debts are paid: it starts anew with this number.
    Start(i64),
    /// It fits: this much is added to the number.
    Add(i64),
    /// It does not, for this time.
    Refuse(Duration),
}

impl Quota {
    /// `requests` a minute.
    #[must_use]
    pub const fn per_minute(requests: NonZeroU32) -> Self {
        Self { requests, window: Duration::from_mins(1) }
    }

    /// How many at once.
    #[must_use]
    pub const fn requests(self) -> u32 {
        self.requests.get()
    }

    /// What one request costs.
    #[must_use]
    pub fn interval(self) -> i64 {
        let window = i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX);
        (window / i64::from(self.requests.get())).max(1)
    }

    /// The highest number that still lets a request in, at `now`.
    #[must_use]
    pub fn latest(self, now: i64) -> i64 {
        self.latest_for(1, now)
    }

    /// How many requests are let in at once at `now`, when this number is stored.
    #[must_use]
    pub fn remaining(self, stored: i64, now: i64) -> u32 {
        let debt = (stored - now).max(0);
        let used =
            u32::try_from(debt.unsigned_abs().div_ceil(self.interval().unsigned_abs())).unwrap_or(u32::MAX);
        self.requests.get().saturating_sub(used)
    }

    /// How many requests one write may pay for in advance: so few that what is lost when they do not come hardly shows. One
    /// for quotas that people meet; more where a load test or an integration comes with thousands.
    #[must_use]
    pub fn block(self) -> u32 {
        (self.requests.get() / 20).max(1)
    }

    /// How a request at `now` fares against the number that is `stored`.
    #[must_use]
    pub fn decide(self, stored: Option<i64>, now: i64) -> Decision {
        self.decide_for(1, stored, now)
    }

    /// How `requests` at once at `now` fare: all of them, or none.
    #[must_use]
    pub fn decide_for(self, requests: u32, stored: Option<i64>, now: i64) -> Decision {
        let cost = self.interval() * i64::from(requests);
        let latest = self.latest_for(requests, now);
        match stored {
            Some(paid_at) if paid_at > latest => {
                Decision::Refuse(Duration::from_millis(u64::try_from(paid_at - latest).unwrap_or(0)))
            }
            Some(paid_at) if paid_at > now => Decision::Add(cost),
            _ => Decision::Start(now + cost),
        }
    }

    /// The highest number that still lets so many requests in at once, at `now`.
    #[must_use]
    pub fn latest_for(self, requests: u32, now: i64) -> i64 {
        now + self.interval() * (i64::from(self.requests.get()) - i64::from(requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets requests in one after the other; how many of `tries` at `now` were.
    fn try_at(quota: Quota, stored: &mut Option<i64>, now: i64, tries: u32) -> u32 {
        (0..tries)
            .filter(|_| match quota.decide(*stored, now) {
                Decision::Start(value) => {
                    *stored = Some(value);
                    true
                }
                Decision::Add(more) => {
                    *stored = stored.map(|value| value + more);
                    true
                }
                Decision::Refuse(_) => false,
            })
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_burst_is_let_in_and_then_the_rate_and_the_quota_comes_back() {
        let quota = Quota::per_minute(NonZeroU32::new(10).unwrap());
        let mut stored = None;
        assert_eq!(quota.remaining(0, 0), 10);
        assert_eq!(try_at(quota, &mut stored, 0, 3), 3);
        assert_eq!(quota.remaining(stored.unwrap(), 0), 7);
        assert_eq!(try_at(quota, &mut stored, 0, 22), 7);
        assert_eq!([0, 5_999, 6_000, 60_000].map(|now| quota.remaining(stored.unwrap(), now)), [0, 0, 1, 10]);
        assert_eq!(quota.decide(stored, 0), Decision::Refuse(Duration::from_secs(6)));
        assert_eq!(try_at(quota, &mut stored, 5_999, 5), 0);
        assert_eq!(try_at(quota, &mut stored, 6_000, 5), 1);
        assert_eq!(try_at(quota, &mut stored, 66_000, 25), 10);
    }

    #[test]
    fn several_at_once_are_let_in_or_not_and_people_never_pay_in_advance() {
        let quota = Quota::per_minute(NonZeroU32::new(600).unwrap());
        assert_eq!(quota.block(), 30);
        assert_eq!(quota.decide_for(30, None, 0), Decision::Start(3000));
        assert_eq!(quota.decide_for(30, Some(57_000), 0), Decision::Add(3000));
        assert_eq!(quota.decide_for(30, Some(57_100), 0), Decision::Refuse(Duration::from_millis(100)));
        assert_eq!(quota.decide(Some(57_100), 0), Decision::Add(100));
        assert_eq!(Quota::per_minute(NonZeroU32::new(30).unwrap()).block(), 1);
    }

    #[test]
    fn a_quota_of_one_is_one() {
        let quota = Quota::per_minute(NonZeroU32::MIN);
        let mut stored = None;
        assert_eq!(try_at(quota, &mut stored, 0, 3), 1);
        assert_eq!(try_at(quota, &mut stored, 60_000, 3), 1);
    }
}
