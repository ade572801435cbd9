//! Bytes into pixels, with limits that are known before anything is unpacked.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use super::{colour, jpeg, scale};
use crate::domain::picture::Refusal;

/// Pixels of a picture, at most.
const PIXELS: u64 = 40_000_000;
/// Pixels of one side, at most.
const SIDE: u32 = 12_000;
/// Bytes of the unpacked pixels, at most: those of [`PIXELS`] with four bytes each.
const MEMORY: u64 = PIXELS * 4;

/// The upright picture in sRGB, with eight bits a channel, no side longer than `side`.
pub fn decode(bytes: &[u8], side: u32) -> Result<DynamicImage, Refusal> {
    // By its first bytes: neither the name nor the type that was announced counts.
    let format = image::guess_format(bytes).map_err(|_| Refusal::NotAnImage)?;
    match format {
        ImageFormat::Jpeg if !jpeg::is_complete(bytes) => return Err(Refusal::Unreadable),
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP => {}
        _ => return Err(Refusal::NotAnImage),
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS || decoder.total_bytes() > MEMORY {
        return Err(Refusal::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let mut image = scale::reduce(scale::eight_bits(image, side), side);
    image.apply_orientation(orientation);
    Ok(match profile {
        Some(profile) => colour::to_srgb(image, &profile),
        None => image,
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    limits
}

fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooManyPixels,
        _ => Refusal::Unreadable,
    }
}
