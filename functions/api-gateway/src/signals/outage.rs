//! How long the signals could not be read, and when that is worth a word.

/// Longer than this, in milliseconds, is an outage; less is a hiccup that nobody needs to know of.
const PATIENCE: i64 = 10_000;

/// What a try to read changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has not worked for too long, from now on.
    Began,
    /// It works again.
    Ended,
}

/// Whether reading works.
#[derive(Debug, Default)]
pub struct Outage {
    /// Since when it has not, in milliseconds.
    since: Option<i64>,
    is_known: bool,
}

impl Outage {
    /// It did not work, once more: a try that began at `started` and ended at `now`.
    pub fn failed(&mut self, started: i64, now: i64) -> Option<Change> {
        let since = *self.since.get_or_insert(started);
        if self.is_known || now - since <= PATIENCE {
            return None;
        }
        self.is_known = true;
        Some(Change::Began)
    }

    /// It worked.
    pub fn worked(&mut self) -> Option<Change> {
        self.since = None;
        std::mem::take(&mut self.is_known).then_some(Change::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_begins_after_more_than_ten_seconds_and_is_told_once() {
        let mut outage = Outage::default();
        assert_eq!(outage.worked(), None);
        assert_eq!(outage.failed(1000, 3000), None);
        assert_eq!(outage.failed(9000, 11_000), None);
        assert_eq!(outage.failed(10_000, 11_001), Some(Change::Began));
        assert_eq!(outage.failed(20_000, 60_000), None);
        assert_eq!(outage.worked(), Some(Change::Ended));
        assert_eq!(outage.worked(), None);
        assert_eq!(outage.failed(70_000, 72_000), None);
        assert_eq!(outage.failed(79_000, 81_000), Some(Change::Began));
    }

    #[test]
    fn a_success_in_between_begins_anew() {
        let mut outage = Outage::default();
        assert_eq!(outage.failed(0, 9000), None);
        assert_eq!(outage.worked(), None);
        assert_eq!(outage.failed(10_000, 12_000), None);
    }
}
