//! The products themselves, derived from their number alone.

use super::PRODUCTS;
use super::words::{CLOSINGS, COLOURS, SHELVES, Shelf};

/// A product of the demo catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Unique; the key by which it is loaded again.
    pub slug: String,
    /// Shown name.
    pub name: String,
    /// Two or three sentences.
    pub description: String,
    /// Minor units of EUR.
    pub price: i64,
    /// The price before, minor units of EUR.
    pub compare_at: Option<i64>,
    /// What it is made of.
    pub material: &'static str,
    /// The category it lies in.
    pub category: String,
    /// One per size and colour.
    pub variants: Vec<Variant>,
    /// How its picture is drawn.
    pub picture: Picture,
}

/// What is in stock of a product in one size and colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Unique.
    pub sku: String,
    /// `Small, Moss`
    pub name: String,
    /// Size.
    pub size: &'static str,
    /// Colour.
    pub colour: &'static str,
    /// Minor units of EUR, if it is not the product's.
    pub price: Option<i64>,
    /// EAN-13.
    pub barcode: String,
    /// Grams.
    pub weight: u32,
    /// Pieces on the shelf.
    pub on_hand: u32,
}

/// What a picture is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Background.
    pub back: [u8; 3],
    /// Shapes.
    pub front: [u8; 3],
    /// Decides shapes and their places.
    pub seed: u32,
}

impl Product {
    /// Where its picture is in the images bucket.
    #[must_use]
    pub fn image_key(&self) -> String {
        format!("products/{}/1.png", self.slug)
    }
}

/// All products, in the same order each time.
#[must_use]
pub fn products() -> Vec<Product> {
    (0..PRODUCTS).map(product).collect()
}

/// `Cashmere Blend Socks` as `cashmere-blend-socks`.
pub(super) fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn product(number: usize) -> Product {
    let shelf = &SHELVES[number % SHELVES.len()];
    let place = number / SHELVES.len();
    let (thing, base, weight) = shelf.things[place % 5];
    let material = shelf.materials[place / 5 % 5];
    let name = format!("{material} {thing}");
    let slug = slug(&name);
    let mut dice = Dice::new(number);
    let price = base + dice.below(9) * 100;
    let compare_at = (dice.below(6) == 0).then(|| price + 1000);
    let description = format!(
        "{} {} from our {} shelf. {} {}",
        article(material),
        thing.to_lowercase(),
        shelf.name.to_lowercase(),
        shelf.sentence.replace("{}", &material.to_lowercase()),
        dice.pick(&CLOSINGS),
    );
    let first_colour = dice.index(COLOURS.len());
    let (_, back) = COLOURS[(first_colour + 5) % COLOURS.len()];
    let (_, front) = COLOURS[first_colour];
    let picture = Picture { back, front, seed: dice.next() };
    let variants = variants(number, shelf, first_colour, (price, weight), &mut dice);
    Product {
        slug,
        name,
        description,
        price,
        compare_at,
        material,
        category: self::slug(shelf.name),
        variants,
        picture,
    }
}

fn variants(number: usize, shelf: &Shelf, colour: usize, each: (i64, u32), dice: &mut Dice) -> Vec<Variant> {
    let (price, weight) = each;
    let mut variants = Vec::new();
    for (step, size) in (0_u32..).zip(shelf.sizes) {
        for offset in 0..2 {
            let (name, _) = COLOURS[(colour + offset * 3) % COLOURS.len()];
            let serial = variants.len() + 1;
            variants.push(Variant {
                sku: format!("CW-{:04}-{serial:02}", number + 1),
                name: format!("{size}, {name}"),
                size,
                colour: name,
                // Each size above the first costs a tenth more, to whole ten cents.
                price: (step > 0).then(|| (price * i64::from(10 + step) / 10) / 10 * 10),
                barcode: barcode(number * 100 + serial),
                weight: weight + weight / 5 * step,
                on_hand: match dice.below(20) {
                    0 => 0,
                    1 => 3,
                    _ => 20 + dice.next() % 180,
                },
            });
        }
    }
    variants
}

fn article(word: &str) -> String {
    let vowel = word.starts_with(['A', 'E', 'I', 'O', 'U']);
    format!("{} {}", if vowel { "An" } else { "A" }, word.to_lowercase())
}

/// An EAN-13 of the range 200 to 299, which is for use within a shop, with its check digit.
fn barcode(serial: usize) -> String {
    let digits = format!("200{serial:09}");
    let sum: u32 = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { digit } else { digit * 3 })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Numbers that look random and are the same each time (xorshift).
#[derive(Debug)]
pub(super) struct Dice(u32);

impl Dice {
    pub fn new(seed: usize) -> Self {
        let seed = u32::try_from(seed).unwrap_or(u32::MAX);
        let mut dice = Self(seed.wrapping_mul(2_654_435_761) | 1);
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    pub fn below(&mut self, bound: u32) -> i64 {
        i64::from(self.next() % bound)
    }

    pub fn index(&mut self, length: usize) -> usize {
        self.next() as usize % length
    }

    pub fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.index(words.len())]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_hundred_products_have_slugs_skus_and_barcodes_of_their_own() {
        let all = products();
        let slugs: BTreeSet<_> = all.iter().map(|product| &product.slug).collect();
        assert_eq!(slugs.len(), 200);
        let variants: Vec<_> = all.iter().flat_map(|product| &product.variants).collect();
        assert_eq!(variants.iter().map(|v| &v.sku).collect::<BTreeSet<_>>().len(), variants.len());
        assert_eq!(variants.iter().map(|v| &v.barcode).collect::<BTreeSet<_>>().len(), variants.len());
    }

    #[test]
    fn the_catalogue_is_the_same_each_time() {
        assert_eq!(products(), products());
    }

    #[test]
    fn a_barcode_ends_in_its_check_digit() {
        assert_eq!(barcode(1), "2000000000015");
        assert_eq!(barcode(1).len(), 13);
    }

    #[test]
    fn most_of_the_catalogue_can_be_bought() {
        let stocked = products().iter().filter(|p| p.variants.iter().any(|v| v.on_hand >= 10)).count();
        assert!(stocked > 190, "{stocked}");
    }
}
