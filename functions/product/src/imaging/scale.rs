//! Smaller pictures.

use image::imageops::FilterType;
use image::{DynamicImage, GenericImageView as _};

/// The picture with no side longer than `side`. It is never enlarged.
///
/// Far larger ones go through a rough reduction to twice the size first: it costs little and needs no second picture in
/// floating point.
pub fn reduce(image: DynamicImage, side: u32) -> DynamicImage {
    let (width, height) = fit(image.dimensions(), side);
    if (width, height) == image.dimensions() {
        return image;
    }
    let image = multiplied(image);
    let rough = fit(image.dimensions(), side * 2);
    let image = if rough == image.dimensions() { image } else { image.thumbnail_exact(rough.0, rough.1) };
    divided(image.resize_exact(width, height, FilterType::Lanczos3))
}

/// With eight bits a channel, red, green and blue, and opacity if it has any. A picture of more bits goes through the rough
/// reduction for `side` before, which needs less memory than the whole in both.
pub fn eight_bits(image: DynamicImage, side: u32) -> DynamicImage {
    if image.color().has_alpha() {
        return DynamicImage::ImageRgba8(image.into_rgba8());
    }
    let rough = fit(image.dimensions(), side * 2);
    let image = if matches!(image, DynamicImage::ImageRgb8(_)) || rough == image.dimensions() {
        image
    } else {
        image.thumbnail_exact(rough.0, rough.1)
    };
    DynamicImage::ImageRgb8(image.into_rgb8())
}

fn fit((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |pixels: u32| {
        let scaled = (u64::from(pixels) * u64::from(side) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(side).max(1)
    };
    (scaled(width), scaled(height))
}

/// With its colours multiplied by its opacity, so that what cannot be seen does not colour its neighbours.
fn multiplied(mut image: DynamicImage) -> DynamicImage {
    if let DynamicImage::ImageRgba8(pixels) = &mut image {
        for pixel in pixels.pixels_mut() {
            let [.., opacity] = pixel.0;
            for channel in &mut pixel.0[..3] {
                *channel = byte((u32::from(*channel) * u32::from(opacity) + 127) / 255);
            }
        }
    }
    image
}

/// The reverse.
fn divided(mut image: DynamicImage) -> DynamicImage {
    if let DynamicImage::ImageRgba8(pixels) = &mut image {
        for pixel in pixels.pixels_mut() {
            let [.., opacity] = pixel.0;
            for channel in &mut pixel.0[..3] {
                let value = (u32::from(*channel) * 255 + u32::from(opacity) / 2).checked_div(opacity.into());
                *channel = byte(value.unwrap_or(0));
            }
        }
    }
    image
}

fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    #[test]
    fn the_longer_side_is_what_counts_and_nothing_vanishes() {
        assert_eq!(fit((1600, 1200), 160), (160, 120));
        assert_eq!(fit((1000, 3000), 160), (53, 160));
        assert_eq!(fit((12_000, 1), 160), (160, 1));
        assert_eq!(fit((100, 160), 160), (100, 160));
    }

    #[test]
    fn what_cannot_be_seen_does_not_colour_its_neighbours() {
        let picture =
            RgbaImage::from_fn(
                400,
                400,
                |x, _| {
                    if x < 200 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
                },
            );
        let small = reduce(DynamicImage::ImageRgba8(picture), 10).into_rgba8();
        for pixel in small.pixels().filter(|pixel| pixel.0[3] > 8) {
            assert!(pixel.0[0] > 240 && pixel.0[1] < 15, "{pixel:?}");
        }
    }
}
