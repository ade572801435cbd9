//! Whole numbers out of fractions: no minor unit is lost or made.

/// Half-even (banker's) rounding of a quotient that is not negative.
#[must_use]
pub fn divide_half_even(numerator: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (numerator / divisor, numerator % divisor);
    match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

/// Shares `amount` out in proportion to `weights`, by largest remainder, the earlier first among equals. The shares add up to
/// `amount`, and none is larger than its weight.
///
/// `amount` is not more than the weights together; neither is negative.
#[must_use]
pub fn share_out(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().copied().map(i128::from).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let (mut shares, mut rests) = (Vec::with_capacity(weights.len()), Vec::with_capacity(weights.len()));
    for weight in weights {
        let product = i128::from(amount) * i128::from(*weight);
        // At most the weight, as the amount is at most the whole.
        shares.push(i64::try_from(product / whole).unwrap_or(*weight));
        rests.push(product % whole);
    }
    let left = amount - shares.iter().sum::<i64>();
    let mut places: Vec<usize> = (0..weights.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(rests[*place]));
    // Fewer are left than there are shares with a rest.
    for place in places.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[place] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!([5, 15, 25, 24, 26].map(|n| divide_half_even(n, 10)), [0, 2, 2, 2, 3]);
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainders() {
        assert_eq!(share_out(100, &[100, 100, 100]), [34, 33, 33]);
        assert_eq!(share_out(10, &[1, 2, 97]), [0, 0, 10]);
        assert_eq!(share_out(1, &[0, 3, 4]), [0, 0, 1]);
        assert_eq!(share_out(0, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_more_than_its_weight_or_a_unit_from_its_part(
            weights in proptest::collection::vec(0_i64..1_000_000_000_000, 0..100), part in 0.0..=1.0_f64,
        ) {
            let whole: i64 = weights.iter().sum();
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any amount will do")]
            let amount = ((whole as f64 * part) as i64).min(whole);
            let shares = share_out(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((0..=*weight).contains(share));
                let exact = i128::from(amount) * i128::from(*weight);
                let off = i128::from(*share) * i128::from(whole) - exact;
                prop_assert!(off.abs() < i128::from(whole.max(1)));
            }
        }
    }
}
