//! A cart: what is in it, what becomes of it when two of them are put together, and what has moved since it was shown.

use std::collections::HashMap;

use cartwright_contracts::stock::Quote;
use cartwright_types::{CartLineId, Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most lines a cart or an order has.
pub const MAX_LINES: usize = 100;
/// The most of one sku.
pub const MAX_QUANTITY: i64 = 9999;
/// So many of the last keyed writes are remembered; a retry of an older one is a day late.
const REMEMBERED: usize = 16;

/// A cart as it is stored. Prices in it are those that its owner knows, never those that are charged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cart {
    /// A guest's cart has an id of its own; a user's is the user's.
    pub id: Option<Uuid>,
    /// In the order they were added; each sku once.
    pub lines: Vec<CartLine>,
    /// What was done to it without its owner asking, until the owner's next write.
    pub reductions: Vec<Reduction>,
    /// The writes that had an idempotency key, newest last: one that is run again is not done again.
    pub applied: Vec<Uuid>,
    /// Grows with every write, emptying included; 0: never written.
    pub version: i64,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// Stays while the line does.
    pub id: CartLineId,
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// For one, as it was when the owner last wrote. None: the line is older than that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
}

/// Less of something than was wanted, since a cart can hold no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reduction {
    /// Of what.
    pub sku: String,
    /// What both carts held together.
    pub from: i64,
    /// What is left of it; 0: the line has gone.
    pub to: i64,
}

/// What the product service said of some skus; None: it is not for sale. Of a sku that is missing nothing is known.
pub type Quotes = HashMap<String, Option<Quote>>;

/// Something that is not as the owner knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not for sale any more.
    Unavailable,
    /// There is less than wanted.
    InsufficientStock {
        /// How many there are.
        available: i64,
    },
    /// It costs something else.
    PriceChanged {
        /// What the owner knows.
        from: Money,
        /// What it costs.
        to: Money,
    },
    /// A merge found no room for all of it.
    QuantityReduced {
        /// What was wanted.
        from: i64,
        /// What is left.
        to: i64,
    },
}

/// Why a write is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such line.
    NoSuchLine,
    /// A line more than there may be.
    TooManyLines,
    /// More of one sku than there may be.
    TooMuch,
    /// More than there is.
    Short {
        /// How many there are.
        available: i64,
    },
}

impl Cart {
    /// Puts `quantity` more of the quoted sku in; a line that this makes gets `id`.
    ///
    /// # Errors
    /// See [`Refusal`]; the cart may have been touched.
    pub fn add(&mut self, id: CartLineId, quote: &Quote, quantity: i64) -> Result<(), Refusal> {
        let full = self.lines.len() >= MAX_LINES;
        if let Some(line) = self.lines.iter_mut().find(|line| line.sku == quote.sku) {
            line.quantity += quantity;
            return fits(line.quantity, quote.available);
        }
        if full {
            return Err(Refusal::TooManyLines);
        }
        let unit_price = Some(quote.unit_price);
        self.lines.push(CartLine { id, sku: quote.sku.clone(), quantity, unit_price });
        fits(quantity, quote.available)
    }

    /// Sets how many of a line there are; there are `available`.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn set_quantity(&mut self, id: CartLineId, quantity: i64, available: i64) -> Result<(), Refusal> {
        let line = self.lines.iter_mut().find(|line| line.id == id).ok_or(Refusal::NoSuchLine)?;
        fits(quantity, available)?;
        line.quantity = quantity;
        Ok(())
    }

    /// Takes a line out.
    ///
    /// # Errors
    /// There is none.
    pub fn remove(&mut self, id: CartLineId) -> Result<(), Refusal> {
        let before = self.lines.len();
        self.lines.retain(|line| line.id != id);
        if self.lines.len() == before { Err(Refusal::NoSuchLine) } else { Ok(()) }
    }

    /// Takes in all of `other`: lines of one sku are summed, and what there is no room for is noted.
    pub fn merge(&mut self, other: &Self) {
        self.reductions.extend(other.reductions.iter().cloned());
        for line in &other.lines {
            let reduced = |from, to| Reduction { sku: line.sku.clone(), from, to };
            if let Some(own) = self.lines.iter_mut().find(|own| own.sku == line.sku) {
                let sum = own.quantity.saturating_add(line.quantity);
                own.quantity = sum.min(MAX_QUANTITY);
                own.unit_price = own.unit_price.or(line.unit_price);
                if sum > MAX_QUANTITY {
                    self.reductions.push(reduced(sum, MAX_QUANTITY));
                }
            } else if self.lines.len() < MAX_LINES {
                self.lines.push(line.clone());
            } else {
                self.reductions.push(reduced(line.quantity, 0));
            }
        }
    }

    /// What is not as the owner knows it, line by line, then what a merge left out.
    #[must_use]
    pub fn changes(&self, quotes: &Quotes) -> Vec<(String, Change)> {
        let mut changes = Vec::new();
        for line in &self.lines {
            let mut say = |change| changes.push((line.sku.clone(), change));
            let quote = match quotes.get(&line.sku) {
                Some(Some(quote)) => quote,
                Some(None) => {
                    say(Change::Unavailable);
                    continue;
                }
                None => continue,
            };
            match line.unit_price {
                Some(known) if known != quote.unit_price => {
                    say(Change::PriceChanged { from: known, to: quote.unit_price });
                }
                _ => {}
            }
            if quote.available < line.quantity {
                say(Change::InsufficientStock { available: quote.available });
            }
        }
        let reduced = |reduction: &Reduction| {
            let Reduction { sku, from, to } = reduction.clone();
            (sku, Change::QuantityReduced { from, to })
        };
        changes.extend(self.reductions.iter().map(reduced));
        changes
    }

    /// The owner writes, and is told what has changed: from now on that is what they know.
    pub fn acknowledge(&mut self, quotes: &Quotes) {
        self.reductions.clear();
        for line in &mut self.lines {
            if let Some(Some(quote)) = quotes.get(&line.sku) {
                line.unit_price = Some(quote.unit_price);
            }
        }
    }

    /// Notes a write with an idempotency key; false: it was done before.
    pub fn first(&mut self, write: Uuid) -> bool {
        if self.applied.contains(&write) {
            return false;
        }
        self.applied.push(write);
        let over = self.applied.len().saturating_sub(REMEMBERED);
        self.applied.drain(..over);
        true
    }
}

fn fits(quantity: i64, available: i64) -> Result<(), Refusal> {
    if quantity > MAX_QUANTITY {
        return Err(Refusal::TooMuch);
    }
    if quantity > available { Err(Refusal::Short { available }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_types::{Currency, ProductId, SystemClock};
    use serde_json::json;

    fn quote(sku: &str, price: i64, available: i64) -> Quote {
        serde_json::from_value(json!({
            "sku": sku, "product_id": ProductId::new(&SystemClock), "name": sku, "weight_grams": 100,
            "unit_price": Money::new(price, Currency::EUR), "tax_class": "standard", "available": available,
        }))
        .unwrap()
    }

    fn quotes(all: &[Quote], not_for_sale: &[&str]) -> Quotes {
        let known = all.iter().map(|quote| (quote.sku.clone(), Some(quote.clone())));
        known.chain(not_for_sale.iter().map(|sku| ((*sku).to_owned(), None))).collect()
    }

    fn cart(lines: &[(&str, i64)]) -> Cart {
        let mut cart = Cart::default();
        for (sku, quantity) in lines {
            cart.add(CartLineId::new(&SystemClock), &quote(sku, 100, MAX_QUANTITY), *quantity).unwrap();
        }
        cart
    }

    fn held(cart: &Cart) -> Vec<(&str, i64)> {
        cart.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect()
    }

    #[test]
    fn lines_of_one_sku_are_summed_before_the_stock_is_checked() {
        let mut cart = cart(&[("A", 3)]);
        let refused = cart.add(CartLineId::new(&SystemClock), &quote("A", 100, 5), 3);
        assert_eq!((refused, cart.lines.len()), (Err(Refusal::Short { available: 5 }), 1));
    }

    #[test]
    fn a_cart_holds_a_hundred_lines() {
        let names: Vec<String> = (0..100).map(|at| format!("S{at}")).collect();
        let mut cart = cart(&names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>());
        let refused = cart.add(CartLineId::new(&SystemClock), &quote("one more", 100, 5), 1);
        assert_eq!(refused, Err(Refusal::TooManyLines));
        assert_eq!(cart.add(CartLineId::new(&SystemClock), &quote("S99", 100, 5), 1), Ok(()));
    }

    #[test]
    fn merging_sums_lines_of_one_sku_and_says_what_there_is_no_room_for() {
        let mut own = cart(&[("A", 9_000), ("B", 1)]);
        own.merge(&cart(&[("C", 2), ("A", 1_000)]));
        assert_eq!(held(&own), [("A", 9_999), ("B", 1), ("C", 2)]);
        assert_eq!(own.reductions, [Reduction { sku: "A".to_owned(), from: 10_000, to: 9_999 }]);

        let names: Vec<String> = (0..99).map(|at| format!("S{at}")).collect();
        let mut full = cart(&names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>());
        full.merge(&cart(&[("X", 1), ("Y", 7)]));
        assert_eq!((full.lines.len(), full.lines[99].sku.as_str()), (100, "X"));
        assert_eq!(full.reductions, [Reduction { sku: "Y".to_owned(), from: 7, to: 0 }]);
    }

    #[test]
    fn a_change_is_said_until_the_owner_writes() {
        let mut cart = cart(&[("A", 3), ("B", 1), ("C", 1)]);
        cart.merge(&Cart {
            reductions: vec![Reduction { sku: "D".to_owned(), from: 2, to: 0 }],
            ..Cart::default()
        });
        let now = quotes(&[quote("A", 120, 2), quote("B", 100, 9)], &["C"]);
        let eur = |amount| Money::new(amount, Currency::EUR);
        let said = |sku: &str, change| (sku.to_owned(), change);
        let expected = [
            said("A", Change::PriceChanged { from: eur(100), to: eur(120) }),
            said("A", Change::InsufficientStock { available: 2 }),
            said("C", Change::Unavailable),
            said("D", Change::QuantityReduced { from: 2, to: 0 }),
        ];
        assert_eq!(cart.changes(&now), expected);
        assert_eq!(cart.changes(&now), expected);
        cart.acknowledge(&now);
        // What still stands in the way of an order is said again.
        assert_eq!(cart.changes(&now), [expected[1].clone(), expected[2].clone()]);
    }

    #[test]
    fn a_line_from_before_prices_were_kept_is_read_and_has_no_price_to_change() {
        let text = r#"{"id":"0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10","sku":"A","quantity":2}"#;
        let line: CartLine = serde_json::from_str(text).unwrap();
        let cart = Cart { lines: vec![line], version: 1, ..Cart::default() };
        assert!(cart.changes(&quotes(&[quote("A", 7, 9)], &[])).is_empty());
    }

    #[test]
    fn a_keyed_write_is_done_once_as_long_as_it_is_remembered() {
        let mut cart = Cart::default();
        let writes: Vec<Uuid> = (0..17).map(Uuid::from_u128).collect();
        assert!(writes.iter().all(|write| cart.first(*write)));
        assert!(!cart.first(writes[16]) && !cart.first(writes[1]));
        assert_eq!(cart.applied.len(), REMEMBERED);
    }
}
