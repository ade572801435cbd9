use std::time::Instant;

use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgba, RgbaImage};

use super::*;

#[path = "../../tests/api/images/files.rs"]
mod files;

use files::{HTML, SVG, bomb, encoded, jpeg_on_its_side, png, png_of_chunks, two_colours, zeros};

fn refusal(bytes: &[u8]) -> Option<Refusal> {
    render(bytes).err()
}

fn decoded(webp: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(webp, ImageFormat::WebP).unwrap()
}

#[test]
fn every_size_fits_and_none_is_enlarged() {
    let picture = render(&png(2000, 1000)).unwrap();
    assert_eq!((picture.width, picture.height), (1600, 800));
    let sizes = [&picture.full, &picture.card, &picture.thumb].map(|webp| decoded(webp).dimensions());
    assert_eq!(sizes, [(1600, 800), (480, 240), (160, 80)]);
    let small = render(&png(100, 60)).unwrap();
    let sizes = [&small.full, &small.card, &small.thumb].map(|webp| decoded(webp).dimensions());
    assert_eq!(sizes, [(100, 60); 3]);
}

#[test]
fn every_format_that_is_taken_becomes_webp_in_the_same_colours() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let picture = render(&encoded(&two_colours(400, 200), format)).unwrap();
        assert_eq!(&picture.full[..4], b"RIFF");
        let thumb = decoded(&picture.thumb);
        let [red, .., blue] = [thumb.get_pixel(20, 40), thumb.get_pixel(140, 40)].map(|pixel| pixel.0);
        assert!(red[0] > 200 && red[2] < 60 && blue[0] < 60 && blue[2] > 200, "{format:?}: {red:?} {blue:?}");
    }
}

#[test]
fn a_photograph_stands_upright_and_does_not_tell_where_it_was_made() {
    let upload = jpeg_on_its_side(400, 200);
    let says = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(says(&upload, b"Berlin"));
    let picture = render(&upload).unwrap();
    assert_eq!((picture.width, picture.height), (200, 400));
    let full = decoded(&picture.full);
    // Turned clockwise, what was on the left is on top.
    assert!(full.get_pixel(100, 50).0[0] > 200 && full.get_pixel(100, 350).0[2] > 200);
    for webp in [&picture.full, &picture.card, &picture.thumb] {
        for text in [&b"Exif"[..], b"EXIF", b"Berlin", b"XMP "] {
            assert!(!says(webp, text));
        }
    }
}

#[test]
fn what_can_be_seen_through_stays_so() {
    let picture = RgbaImage::from_fn(300, 300, |x, _| Rgba([200, 30, 30, if x < 150 { 255 } else { 0 }]));
    let picture = render(&encoded(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)).unwrap();
    let thumb = decoded(&picture.thumb);
    assert!(thumb.color().has_alpha());
    assert!(thumb.get_pixel(20, 80).0[3] > 250 && thumb.get_pixel(140, 80).0[3] < 5);
}

#[test]
fn colours_of_a_wider_space_are_converted() {
    let mut bytes = Vec::new();
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::set_icc_profile(&mut encoder, profile).unwrap();
    let green = image::RgbImage::from_pixel(100, 100, image::Rgb([100, 200, 100]));
    green.write_with_encoder(encoder).unwrap();
    let pixel = decoded(&render(&bytes).unwrap().full).get_pixel(50, 50).0;
    // The same green needs more of it in the narrower space.
    assert!(pixel[0] < 90 && pixel[1] >= 198, "{pixel:?}");
}

#[test]
fn what_is_no_image_is_refused_whatever_it_calls_itself() {
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    for bytes in [SVG.as_bytes(), HTML.as_bytes(), b"", b"\x89PN", b"%PDF-1.7", b"PK\x03\x04", b"BM", gif] {
        assert_eq!(refusal(bytes), Some(Refusal::NotAnImage), "{bytes:?}");
    }
}

#[test]
fn what_is_cut_off_or_damaged_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = encoded(&two_colours(300, 200), format);
        assert_eq!(refusal(&whole[..whole.len() / 2]), Some(Refusal::Unreadable), "{format:?}");
        assert_eq!(refusal(&whole[..20]), Some(Refusal::Unreadable), "{format:?}");
    }
    let polyglot = [b"\x89PNG\r\n\x1a\n", HTML.as_bytes()].concat();
    assert_eq!(refusal(&polyglot), Some(Refusal::Unreadable));
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let started = Instant::now();
    assert_eq!(refusal(&bomb()), Some(Refusal::TooManyPixels));
    // No side is too long, the area is.
    let large = png_of_chunks((10_000, 10_000), &[(b"IDAT", zeros(1000))]);
    assert_eq!(refusal(&large), Some(Refusal::TooManyPixels));
    let long = png_of_chunks((12_001, 1), &[(b"IDAT", zeros(1000))]);
    assert_eq!(refusal(&long), Some(Refusal::TooManyPixels));
    let endless = png_of_chunks((u32::MAX, u32::MAX), &[(b"IDAT", zeros(1000))]);
    assert!(refusal(&endless).is_some());
    assert!(started.elapsed().as_secs() < 1);
}

#[test]
fn what_inflates_beyond_its_size_does_no_harm() {
    // 200 MB behind a header of 16 × 16, as pixels and as a profile.
    let started = Instant::now();
    let pixels = png_of_chunks((16, 16), &[(b"IDAT", zeros(200 << 20))]);
    let profile = [b"x\0\0", &zeros(200 << 20)[..]].concat();
    let profile = png_of_chunks((16, 16), &[(b"iCCP", profile), (b"IDAT", zeros(16 * 49))]);
    for bytes in [pixels, profile] {
        let _ = render(&bytes);
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_renderer_says_why_it_refuses() {
    let renderer = Renderer::default();
    assert_eq!(renderer.render(png(10, 10).into()).await.unwrap().width, 10);
    let refused = renderer.render(bomb().into()).await;
    assert!(matches!(refused, Err(RenderError::Refused(Refusal::TooManyPixels))));
}

#[test]
fn tmp_peak() {
    let status = || {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        text.lines()
            .filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let Ok(path) = std::env::var("TMP_PEAK") else { return };
    let bytes = std::fs::read(path).unwrap();
    let before = status();
    let picture = render(&bytes).unwrap();
    panic!("before {before} after {} {} {}", picture.width, picture.height, status());
}
