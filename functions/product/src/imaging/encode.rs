//! Pixels into WebP, by libwebp. The image crate writes WebP without loss only, which makes a photograph five to ten times as
//! large; the encoders in Rust that lose something are either young or under a licence that reaches into whoever links them.

use image::DynamicImage;
use webp::Encoder;

use crate::domain::picture::Refusal;

/// Of 100. Above it photographs grow faster than anybody sees.
const QUALITY: f32 = 80.0;

/// The picture as WebP, without metadata.
pub fn webp(image: &DynamicImage) -> Result<Vec<u8>, Refusal> {
    let (width, height) = (image.width(), image.height());
    let encoder = match image {
        DynamicImage::ImageRgba8(pixels) => Encoder::from_rgba(pixels, width, height),
        DynamicImage::ImageRgb8(pixels) => Encoder::from_rgb(pixels, width, height),
        _ => return Err(Refusal::Unreadable),
    };
    let bytes = encoder.encode_simple(false, QUALITY).map_err(|error| {
        tracing::error!(?error, "libwebp does not take a picture");
        Refusal::Unreadable
    })?;
    Ok(bytes.to_vec())
}
