//! `RATE_LIMIT_SCALE`

use std::num::NonZeroU32;
use std::str::FromStr;

/// Multiplies every quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(f64);

impl Default for Scale {
    fn default() -> Self {
        Self(1.0)
    }
}

impl FromStr for Scale {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale > 0.0);
        number.map(Self).ok_or("use a number above 0")
    }
}

impl Scale {
    /// So many requests, scaled; at least one.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is clamped to what fits, and the fraction of a request means nothing"
    )]
    pub fn of(self, requests: u32) -> NonZeroU32 {
        let scaled = (f64::from(requests) * self.0).clamp(1.0, 1e6);
        NonZeroU32::new(scaled as u32).unwrap_or(NonZeroU32::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_positive_number_and_never_scales_to_nothing() {
        for bad in ["0", "-1", "many", "inf", "NaN", ""] {
            assert!(bad.parse::<Scale>().is_err(), "{bad}");
        }
        let scaled = |scale: &str| scale.parse::<Scale>().unwrap().of(30).get();
        assert_eq!((scaled("20"), scaled("0.5"), scaled("0.0001")), (600, 15, 1));
    }
}
