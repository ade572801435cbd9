//! The products' pictures: a gradient and a few shapes.

use std::io::Cursor;
use std::ops::Range;

use anyhow::{Context as _, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use super::products::{Dice, Picture};

/// Width and height in pixels.
pub(super) const SIDE: u32 = 600;

/// A round or square patch.
struct Shape {
    x: i64,
    y: i64,
    radius: i64,
    round: bool,
    colour: [u8; 3],
}

/// The picture as PNG.
pub(super) fn draw(picture: &Picture) -> Result<Vec<u8>> {
    let shapes = shapes(picture);
    let mut pixels = Vec::with_capacity((SIDE * SIDE * 3) as usize);
    for y in 0..i64::from(SIDE) {
        let mut row = ground(picture.back, y).repeat(SIDE as usize);
        for (shape, span) in shapes.iter().filter_map(|shape| Some((shape, shape.span(y)?))) {
            row[span.start * 3..span.end * 3].copy_from_slice(&shape.colour.repeat(span.len()));
        }
        pixels.extend_from_slice(&row);
    }
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up)
        .write_image(&pixels, SIDE, SIDE, ExtendedColorType::Rgb8)
        .context("encoding a picture")?;
    Ok(png.into_inner())
}

impl Shape {
    /// The columns that it covers in a row. (Whole spans, as a loop over pixels is slow in a debug build.)
    fn span(&self, y: i64) -> Option<Range<usize>> {
        let dy = (y - self.y).abs();
        if dy > self.radius {
            return None;
        }
        let half = if self.round { (self.radius * self.radius - dy * dy).isqrt() } else { self.radius };
        let column = |x: i64| usize::try_from(x.clamp(0, i64::from(SIDE))).unwrap_or(0);
        Some(column(self.x - half)..column(self.x + half + 1))
    }
}

fn shapes(picture: &Picture) -> Vec<Shape> {
    let mut dice = Dice::new(picture.seed as usize);
    let count = 3 + dice.index(3);
    let shape = |place: usize| Shape {
        x: 150 + dice.below(300),
        y: 150 + dice.below(300),
        radius: 50 + dice.below(110),
        round: dice.below(3) > 0,
        colour: blend(picture.front, [255; 3], i64::try_from(place).unwrap_or(0) * 12, 100),
    };
    (0..count).map(shape).collect()
}

/// The background of a row: darker towards the bottom, in steps that compress well.
fn ground(back: [u8; 3], y: i64) -> [u8; 3] {
    blend(back, [0; 3], y / 12, 120)
}

/// `part` of `whole` from `from` towards `to`.
fn blend(from: [u8; 3], to: [u8; 3], part: i64, whole: i64) -> [u8; 3] {
    let mix = |from: u8, to: u8| {
        let mixed = (i64::from(from) * (whole - part) + i64::from(to) * part) / whole;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo_data::products;

    #[test]
    fn a_picture_is_a_small_png_of_the_stated_size() {
        let png = draw(&products()[0].picture).unwrap();
        let picture = image::load_from_memory(&png).unwrap();
        assert_eq!((picture.width(), picture.height()), (SIDE, SIDE));
        assert!(png.len() < 40_000, "{} bytes", png.len());
    }

    #[test]
    fn two_products_do_not_share_a_picture() {
        let all = products();
        assert_ne!(draw(&all[0].picture).unwrap(), draw(&all[1].picture).unwrap());
    }
}
