//! Totals by example and by property.

use cartwright_types::{Currency, Money};
use proptest::prelude::*;

use super::*;
use crate::domain::shipping::{Kind, Tier};

fn flat(price: i64) -> Tariff {
    Tariff { kind: Kind::Flat, price, tiers: Vec::new() }
}

fn shipped(tariff: &Tariff, grams: i64, rate_bps: i32) -> Shipping<'_> {
    Shipping { name: "Post", tariff, grams, rate_bps }
}

fn item(unit_price: i64, quantity: i64, rate_bps: i32) -> Item {
    Item { unit_price, quantity, rate_bps }
}

fn reduction(code: &str, effect: Effect) -> Reduction {
    Reduction { code: code.to_owned(), effect }
}

/// Shipping for 4.90 with 19 %, or what `inclusive` makes of it.
fn totals(lines: &[Item], reductions: &[Reduction], inclusive: bool) -> Totals {
    let post = flat(490);
    add_up(&Basket { lines, reductions, shipping: shipped(&post, 0, 1900), inclusive }).unwrap()
}

fn steps(totals: &Totals) -> Vec<(&str, i64)> {
    totals.explain.iter().map(|step| (step.label.as_str(), step.amount)).collect()
}

#[test]
fn german_prices_contain_their_tax() {
    let totals = totals(&[item(1190, 2, 1900)], &[], true);
    assert_eq!((totals.lines_total, totals.lines[0].tax, totals.shipping.tax), (2380, 380, 78));
    assert_eq!((totals.tax_total, totals.grand_total), (458, 2870));
    assert_eq!(steps(&totals), [("Lines", 2380), ("Post", 490)]);
}

#[test]
fn american_prices_do_not() {
    let totals = totals(&[item(999, 3, 725), item(1, 1, 725)], &[], false);
    let taxes: Vec<i64> = totals.lines.iter().map(|line| line.tax).collect();
    // 2997 × 7.25 % is 217.28; a cent's tax is nothing; 490 × 19 % is 93.1.
    assert_eq!((taxes, totals.shipping.tax), (vec![217, 0], 93));
    assert_eq!(steps(&totals), [("Lines", 2998), ("Post", 490), ("Tax", 310)]);
    assert_eq!(totals.grand_total, 3798);
}

#[test]
fn promotions_apply_percent_first_then_fixed_then_shipping_whatever_the_order_they_come_in() {
    let lines = [item(1000, 1, 1900), item(500, 2, 700)];
    let named = [
        reduction("free", Effect::FreeShipping),
        reduction("FIVE", Effect::Fixed(500)),
        reduction("TEN", Effect::Percent(10)),
    ];
    let totals_of = totals(&lines, &named, true);
    let expected = [
        ("Lines", 2000),
        ("TEN (10 % off)", -200),
        ("FIVE (discount)", -500),
        ("Post", 490),
        ("free (free shipping)", -490),
    ];
    assert_eq!(steps(&totals_of), expected);
    assert_eq!((totals_of.discount_total, totals_of.shipping.total, totals_of.grand_total), (700, 0, 1300));
    let discounts: Vec<i64> = totals_of.lines.iter().map(|line| line.discount).collect();
    assert_eq!(discounts, [350, 350]);
    // Tax is of what is left: 650 contain 103.78 of 19 % and 42.52 of 7 %; shipping for nothing has none.
    let taxes: Vec<i64> = totals_of.lines.iter().chain([&totals_of.shipping]).map(|line| line.tax).collect();
    assert_eq!(taxes, [104, 43, 0]);
    let mut turned = named.clone();
    turned.reverse();
    assert_eq!(totals(&lines, &turned, true), totals_of);
}

#[test]
fn a_percentage_of_a_percentage_is_of_what_is_left() {
    let named = [reduction("a", Effect::Percent(50)), reduction("b", Effect::Percent(50))];
    let totals = totals(&[item(1001, 1, 0)], &named, true);
    // 500.5 and 250.5, each to the even neighbour.
    assert_eq!(steps(&totals)[1..3], [("a (50 % off)", -500), ("b (50 % off)", -250)]);
}

#[test]
fn what_takes_off_more_than_there_is_makes_it_free_and_never_negative() {
    let named = [
        reduction("ALL", Effect::Percent(100)),
        reduction("BIG", Effect::Fixed(i64::MAX)),
        reduction("FREE", Effect::FreeShipping),
        reduction("FREE2", Effect::FreeShipping),
    ];
    let totals = totals(&[item(1999, 3, 1900)], &named, false);
    assert_eq!((totals.discount_total, totals.tax_total, totals.grand_total), (5997, 0, 0));
    assert_eq!(totals.explain.iter().map(|step| step.amount).sum::<i64>(), 0);
}

#[test]
fn shipping_by_price_looks_at_the_goods_after_discounts_and_may_end() {
    let tiers = vec![Tier { up_to: Some(999), price: 490 }, Tier { up_to: Some(2000), price: 0 }];
    let tariff = Tariff { kind: Kind::Price, price: 0, tiers };
    let price = |reductions: &[Reduction], quantity| {
        let lines = [item(1000, quantity, 0)];
        let basket = Basket { lines: &lines, reductions, shipping: shipped(&tariff, 0, 0), inclusive: true };
        add_up(&basket).map(|totals| totals.shipping.total)
    };
    assert_eq!(price(&[], 1), Ok(0));
    assert_eq!(price(&[reduction("one", Effect::Fixed(1))], 1), Ok(490));
    assert_eq!(price(&[], 3), Err(TotalsError::BeyondTariff));
}

#[test]
fn yen_have_no_decimals_and_dinars_have_three() {
    let show = |amount, code: &str| Money::new(amount, code.parse::<Currency>().unwrap()).to_string();
    let third = [reduction("THIRD", Effect::Percent(33))];
    // 10 % tax in the price of 980 yen, twice.
    let yen = totals(&[item(980, 2, 1000)], &third, true);
    assert_eq!(show(yen.lines[0].total, "JPY"), "1313 JPY");
    assert_eq!(show(yen.lines[0].tax, "JPY"), "119 JPY");
    let dinars = totals(&[item(12_345, 1, 500)], &third, false);
    assert_eq!(show(dinars.lines[0].total, "KWD"), "8.271 KWD");
    assert_eq!(show(dinars.lines[0].tax, "KWD"), "0.414 KWD");
}

#[test]
fn a_sum_beyond_64_bits_is_an_error_and_not_a_panic() {
    let post = flat(0);
    let of = |lines: &[Item], inclusive| {
        let named = [reduction("a", Effect::Percent(99)), reduction("b", Effect::Fixed(1))];
        let shipping = shipped(&post, i64::MAX, 10_000);
        add_up(&Basket { lines, reductions: &named, shipping, inclusive }).map(|totals| totals.grand_total)
    };
    assert_eq!(of(&[item(i64::MAX, 2, 0)], true), Err(TotalsError::TooLarge));
    assert_eq!(of(&[item(i64::MAX, 1, 0), item(1, 1, 0)], true), Err(TotalsError::TooLarge));
    assert!(of(&[item(i64::MAX, 1, 10_000)], true).is_ok());
    let dear = [item(i64::MAX, 1, 10_000)];
    let shipping = shipped(&post, 0, 0);
    let untaxed = Basket { lines: &dear, reductions: &[], shipping, inclusive: false };
    assert_eq!(add_up(&untaxed), Err(TotalsError::TooLarge));
}

prop_compose! {
    /// A price such as the currency has: up to 10 million yen, 100,000.00 euros, 10,000.000 dinars.
    fn any_item()(unit_price in 0_i64..=10_000_000, quantity in 1_i64..10_000, rate_bps in 0_i32..=10_000) -> Item {
        Item { unit_price, quantity, rate_bps }
    }
}

fn any_effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (1..=100).prop_map(Effect::Percent),
        (1_i64..=1_000_000_000_000).prop_map(Effect::Fixed),
        Just(Effect::FreeShipping),
    ]
}

fn any_tariff() -> impl Strategy<Value = Tariff> {
    let tier = |price| vec![Tier { up_to: Some(1000), price }, Tier { up_to: None, price: price / 2 }];
    prop_oneof![
        (0_i64..1_000_000).prop_map(flat),
        (0_i64..1_000_000).prop_map(move |price| Tariff { kind: Kind::Weight, price, tiers: tier(price) }),
        (0_i64..1_000_000).prop_map(move |price| Tariff { kind: Kind::Price, price, tiers: tier(price) }),
    ]
}

proptest! {
    #[test]
    fn every_sum_is_the_sum_of_its_parts_and_nothing_is_negative(
        lines in proptest::collection::vec(any_item(), 0..=100),
        effects in proptest::collection::vec(any_effect(), 0..=20),
        tariff in any_tariff(), grams in 0_i64..5_000, rate_bps in 0_i32..=10_000, inclusive: bool,
        exponent in prop_oneof![Just("JPY"), Just("EUR"), Just("KWD")],
    ) {
        let reductions: Vec<Reduction> =
            effects.iter().enumerate().map(|(at, effect)| reduction(&format!("C{at}"), *effect)).collect();
        let shipping = shipped(&tariff, grams, rate_bps);
        let totals = add_up(&Basket { lines: &lines, reductions: &reductions, shipping, inclusive }).unwrap();

        let all: Vec<&Charged> = totals.lines.iter().chain([&totals.shipping]).collect();
        for charged in &all {
            let before = charged.item.unit_price * charged.item.quantity;
            prop_assert!(charged.discount >= 0 && charged.total >= 0 && charged.tax >= 0);
            prop_assert_eq!(charged.total + charged.discount, before);
            // Within half a unit of the exact tax.
            let (rate, total) = (i128::from(charged.item.rate_bps), i128::from(charged.total));
            let divisor = if inclusive { 10_000 + rate } else { 10_000 };
            prop_assert!((2 * (i128::from(charged.tax) * divisor - total * rate)).abs() <= divisor);
        }
        let sum = |of: fn(&Charged) -> i64| totals.lines.iter().map(of).sum::<i64>();
        prop_assert_eq!(totals.lines_total, sum(|line| line.item.unit_price * line.item.quantity));
        prop_assert_eq!(totals.discount_total, sum(|line| line.discount));
        prop_assert_eq!(totals.tax_total, all.iter().map(|charged| charged.tax).sum::<i64>());
        let on_top = if inclusive { 0 } else { totals.tax_total };
        let paid = totals.lines_total - totals.discount_total + totals.shipping.total + on_top;
        prop_assert_eq!(totals.grand_total, paid);
        prop_assert_eq!(totals.grand_total, sum(|line| line.total) + totals.shipping.total + on_top);
        prop_assert_eq!(totals.explain.iter().map(|step| step.amount).sum::<i64>(), totals.grand_total);

        // As people read it, in whatever currency: the printed parts add up too.
        let currency: Currency = exponent.parse().unwrap();
        let printed: Money = totals.explain.iter().map(|step| Money::new(step.amount, currency))
            .try_fold(Money::zero(currency), Money::checked_add).unwrap();
        prop_assert_eq!(printed.to_string(), Money::new(totals.grand_total, currency).to_string());
    }

    #[test]
    fn one_more_promotion_never_costs_more_goods(
        lines in proptest::collection::vec(any_item(), 1..=20), first in any_effect(), second in any_effect(),
    ) {
        let one = [reduction("a", first)];
        let two = [reduction("a", first), reduction("b", second)];
        let goods = |reductions: &[Reduction]| {
            let totals = totals(&lines, reductions, true);
            totals.lines_total - totals.discount_total
        };
        prop_assert!(goods(&two) <= goods(&one));
    }

    #[test]
    fn amounts_of_any_size_end_in_a_total_or_an_error(
        prices in proptest::collection::vec((0..=i64::MAX, 1..=i64::MAX, 0_i32..=10_000), 0..=5),
        effects in proptest::collection::vec(any_effect(), 0..=3), inclusive: bool,
    ) {
        let lines: Vec<Item> = prices.into_iter().map(|(price, quantity, rate)| item(price, quantity, rate)).collect();
        let reductions: Vec<Reduction> =
            effects.iter().enumerate().map(|(at, effect)| reduction(&format!("C{at}"), *effect)).collect();
        let post = flat(i64::MAX);
        let basket = Basket { lines: &lines, reductions: &reductions, shipping: shipped(&post, 0, 10_000), inclusive };
        if let Ok(totals) = add_up(&basket) {
            prop_assert!(totals.grand_total >= 0);
        }
    }
}
