//! What is wrong with an account's address.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use thiserror::Error;

/// Why mail to an address is of no use. The greater one outweighs the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmailProblem {
    /// It does not arrive: there is no such mailbox.
    Bounced,
    /// Its reader called it spam. Greater, as a bounce is about a mailbox and this is what somebody wants.
    Complained,
}

impl EmailProblem {
    /// All words of [`EmailProblem::as_str`].
    pub const WORDS: [&'static str; 2] = [Self::Bounced.as_str(), Self::Complained.as_str()];

    /// The word in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// Whether a problem that showed itself at `at` is news about an address with the problem `known`, proven at
    /// `proven_at`. What showed itself before the proof says nothing: mail arrived later, perhaps at another address.
    #[must_use]
    pub fn is_news(self, at: DateTime<Utc>, known: Option<Self>, proven_at: Option<DateTime<Utc>>) -> bool {
        known < Some(self) && proven_at.is_none_or(|proven_at| proven_at <= at)
    }
}

/// The word is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be bounced or complained")]
pub struct UnknownEmailProblem;

impl FromStr for EmailProblem {
    type Err = UnknownEmailProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Bounced, Self::Complained]
            .into_iter()
            .find(|problem| problem.as_str() == text)
            .ok_or(UnknownEmailProblem)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::EmailProblem::{Bounced, Complained};
    use super::*;

    #[test]
    fn a_problem_is_news_once_and_a_complaint_outweighs_a_bounce() {
        let now = DateTime::UNIX_EPOCH;
        for (problem, known, news) in [
            (Bounced, None, true),
            (Bounced, Some(Bounced), false),
            (Bounced, Some(Complained), false),
            (Complained, None, true),
            (Complained, Some(Bounced), true),
            (Complained, Some(Complained), false),
        ] {
            assert_eq!(problem.is_news(now, known, None), news, "{problem:?}, {known:?}");
        }
    }

    #[test]
    fn what_is_from_before_the_proof_is_no_news() {
        let proven = DateTime::UNIX_EPOCH;
        let at = |seconds| Bounced.is_news(proven + TimeDelta::seconds(seconds), None, Some(proven));
        assert_eq!([at(-1), at(0), at(1)], [false, true, true]);
    }

    #[test]
    fn every_word_is_read_back() {
        for word in EmailProblem::WORDS {
            assert_eq!(word.parse::<EmailProblem>().map(EmailProblem::as_str), Ok(word));
        }
        assert_eq!("odd".parse::<EmailProblem>(), Err(UnknownEmailProblem));
    }
}
