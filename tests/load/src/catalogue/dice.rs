//! Numbers that look random, as fast as they are needed.

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Another seed, other numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        // The upper half of 64 bits times a number of 32 is below that number.
        u32::try_from(((self.next() >> 32) * u64::from(bound)) >> 32).unwrap_or_default()
    }

    /// A word's number from 1 to `last`, small ones more often: pgbench's `random_exponential(1, last, 3)`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the place is between 0 and `last`"
    )]
    pub fn word(&mut self, last: u32) -> u32 {
        let uniform = f64::from(self.below(u32::MAX)) / f64::from(u32::MAX);
        let cut = (-3.0_f64).exp();
        let place = -(cut + (1.0 - cut) * (1.0 - uniform)).ln() / 3.0;
        1 + ((f64::from(last) * place) as u32).min(last - 1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_their_bounds_and_small_words_come_more_often() {
        let mut dice = Dice::new(1);
        assert!((0..10_000).all(|_| dice.below(7) < 7));
        let words: Vec<u32> = (0..10_000).map(|_| dice.word(5_000)).collect();
        assert!(words.iter().all(|word| (1..=5_000).contains(word)));
        // The half of an exponential cut at three: ln(2 / (1 + e^-3)) / 3 = 0.215 of the way.
        let first = words.iter().filter(|word| **word <= 1_075).count();
        assert!((4_700..5_300).contains(&first), "{first}");
    }
}
