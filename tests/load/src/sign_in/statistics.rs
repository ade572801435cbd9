//! Figures of many measurements.

use serde_json::{Value, json};

/// The value that `part` of all are not above; not a number when there are none.
#[must_use]
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "the place is between 0 and the number of values, which is far below 2^52"
    )]
    let place = (sorted.len() as f64 * part).ceil().max(1.0) as usize - 1;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// For a report.
#[must_use]
pub fn milliseconds(values: &[f64]) -> Value {
    json!({ "p50": quantile(values, 0.5), "p90": quantile(values, 0.9), "p99": quantile(values, 0.99) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        for (part, value) in [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            assert_eq!(quantile(&hundred, part).to_bits(), f64::to_bits(value), "{part}");
        }
        assert_eq!(quantile(&[3.0], 0.99).to_bits(), 3.0_f64.to_bits());
        assert!(quantile(&[], 0.5).is_nan());
    }
}
