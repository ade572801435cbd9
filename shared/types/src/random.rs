//! Randomness from the operating system.

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes that are fetched at once for identifiers.
const FETCHED: usize = 512;

thread_local! {
    /// What was fetched, and how much of it is used.
    static FOR_IDS: RefCell<([u8; FETCHED], usize)> = const { RefCell::new(([0; FETCHED], FETCHED)) };
}

/// `N` unpredictable bytes.
///
/// # Panics
/// When the operating system has no randomness to give, after which nothing here could be safe.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    getrandom::fill(&mut buffer).expect("the operating system provides randomness");
    buffer
}

/// `N` bytes for an identifier, as unpredictable. The thread fetches them in advance, many at once: every request needs some.
///
/// # Panics
/// As [`bytes`].
#[must_use]
pub fn for_ids<const N: usize>() -> [u8; N] {
    const { assert!(N <= FETCHED, "an identifier is shorter") };
    FOR_IDS.with_borrow_mut(|(fetched, used)| {
        if *used + N > FETCHED {
            (*fetched, *used) = (bytes(), 0);
        }
        let mut next = [0; N];
        next.copy_from_slice(&fetched[*used..*used + N]);
        *used += N;
        next
    })
}

/// A token of 256 bits as base64url (43 characters).
#[must_use]
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A number in `0..bound`, for jitter; `bound` of 0 gives 0.
#[must_use]
pub fn below(bound: u64) -> u64 {
    u64::from_le_bytes(bytes()).checked_rem(bound).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_identifiers_are_alike_also_where_more_is_fetched() {
        let all: HashSet<[u8; 10]> = (0..1000).map(|_| for_ids()).collect();
        assert_eq!(all.len(), 1000);
        assert!(!all.contains(&[0; 10]));
        let elsewhere = std::thread::spawn(for_ids::<10>).join().unwrap();
        assert!(!all.contains(&elsewhere));
    }
}
