//! What happens to a refresh token that is shown again.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a refresh token is good.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);
/// For so long after its use a token still gives its successor, if nobody has used that one: two tabs, or a lost answer.
const WINDOW: TimeDelta = TimeDelta::seconds(10);

/// A token as the database knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// When it is over.
    pub expires_at: DateTime<Utc>,
    /// When it was exchanged for its successor.
    pub used_at: Option<DateTime<Utc>>,
}

/// What to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Mark it as used and make its successor.
    Rotate,
    /// Hand out the successor that is there.
    Repeat,
    /// Somebody else has it too: end the session.
    Reuse,
    /// It is over.
    Expired,
}

/// Decides about `token` at `now`, given its successor if it has one.
#[must_use]
pub fn decide(token: RefreshToken, successor: Option<RefreshToken>, now: DateTime<Utc>) -> Decision {
    match (token.used_at, successor) {
        // Re-use is told even after the token's own end: a stolen token does not get better with age.
        (Some(used), Some(next)) if next.used_at.is_none() && now - used <= WINDOW => Decision::Repeat,
        (Some(_), _) => Decision::Reuse,
        (None, _) if token.expires_at <= now => Decision::Expired,
        (None, _) => Decision::Rotate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(1_800_000_000 + seconds, 0).unwrap()
    }

    fn token(used: Option<i64>) -> RefreshToken {
        RefreshToken { expires_at: at(100), used_at: used.map(at) }
    }

    #[test]
    fn a_token_works_once_and_then_only_repeats_itself_for_ten_seconds() {
        assert_eq!(decide(token(None), None, at(99)), Decision::Rotate);
        assert_eq!(decide(token(None), None, at(100)), Decision::Expired);
        assert_eq!(decide(token(Some(0)), Some(token(None)), at(10)), Decision::Repeat);
        assert_eq!(decide(token(Some(0)), Some(token(None)), at(11)), Decision::Reuse);
        assert_eq!(decide(token(Some(0)), Some(token(Some(1))), at(2)), Decision::Reuse);
        assert_eq!(decide(token(Some(0)), None, at(200)), Decision::Reuse);
    }
}
