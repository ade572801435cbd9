//! Files that people upload, some of whom mean no good.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Red on the left, blue on the right.
pub fn two_colours(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) }
    }))
}

/// A PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&two_colours(width, height), ImageFormat::Png)
}

/// The picture in that format.
pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG as telephones make it: lying on its side with a note to turn it clockwise, and with the place where it was made.
pub fn jpeg_on_its_side(width: u32, height: u32) -> Vec<u8> {
    let mut plain = Vec::new();
    two_colours(width, height).write_with_encoder(JpegEncoder::new_with_quality(&mut plain, 90)).unwrap();
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    // Orientation 6, and the place of the GPS directory, which has a latitude of 52° 31' N.
    exif.extend([0, 2, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    exif.extend([0; 4]);
    exif.extend([0, 1, 0, 1, 0, 2, 0, 0, 0, 2]);
    exif.extend(*b"N\0\0\0");
    exif.extend([0; 4]);
    exif.extend(*b"52.5200N 13.4050E, Berlin");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

/// A PNG of those chunks behind a header for that size, in true colour.
pub fn png_of_chunks((width, height): (u32, u32), chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let ends = [(b"IHDR", header)].into_iter().chain(chunks.iter().cloned()).chain([(b"IEND", Vec::new())]);
    for (name, data) in ends {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [&name[..], &data].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        bytes.extend(&body);
        bytes.extend(crc.sum().to_be_bytes());
    }
    bytes
}

/// So many zeros, deflated.
pub fn zeros(count: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; 1 << 20];
    for _ in 0..count >> 20 {
        encoder.write_all(&block).unwrap();
    }
    encoder.write_all(&block[..count % (1 << 20)]).unwrap();
    encoder.finish().unwrap()
}

/// A kilobyte that says it is a picture of 50,000 × 50,000 pixels.
pub fn bomb() -> Vec<u8> {
    png_of_chunks((50_000, 50_000), &[(b"IDAT", zeros(1000))])
}

/// A drawing that could run scripts in a browser.
pub const SVG: &str =
    r#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
/// A page.
pub const HTML: &str = "<!doctype html><html><script>alert(document.cookie)</script></html>";
