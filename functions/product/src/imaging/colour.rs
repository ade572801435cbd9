//! Colours: a picture that is served carries no profile, and is sRGB to every browser.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// A picture whose colours are those of the ICC profile `profile`, in sRGB. A profile that cannot be read, or is of other
/// colours than red, green and blue, changes nothing.
pub fn to_srgb(mut image: DynamicImage, profile: &[u8]) -> DynamicImage {
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return image };
    if source.color_space != DataColorSpace::Rgb {
        return image;
    }
    let (layout, pixels): (_, &mut [u8]) = match &mut image {
        DynamicImage::ImageRgb8(pixels) => (Layout::Rgb, pixels),
        DynamicImage::ImageRgba8(pixels) => (Layout::Rgba, pixels),
        _ => return image,
    };
    let options = TransformOptions::default();
    let target = ColorProfile::new_srgb();
    if let Ok(transform) = source.create_transform_8bit(layout, &target, layout, options) {
        let before = pixels.to_vec();
        if transform.transform(&before, pixels).is_err() {
            pixels.copy_from_slice(&before);
        }
    }
    image
}
