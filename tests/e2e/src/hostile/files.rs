//! Files that are sent to where an answer says.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

use super::case::Upload;

/// A PNG of 4 × 4 pixels.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4IScHRwzEcQCxYxBB00rMDQAAAABJRU5ErkJggg==";
/// A PNG that says it has 50,000 × 50,000 pixels, in 69 bytes.
const BOMB: &str =
    "iVBORw0KGgoAAAANSUhEUgAAw1AAAMNQCAIAAADEzaqdAAAADElEQVR42mNgoAwAAABAAAGJya9DAAAAAElFTkSuQmCC";
/// A drawing that runs a script.
const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.cookie)</script></svg>"#;
/// A page that runs a script.
const HTML: &str = "<!doctype html><script>alert(document.cookie)</script>";

/// The bytes of a file: `png`, `half` (of that), `bomb`, `svg`, `html`.
pub fn file(name: &str) -> Option<Vec<u8>> {
    let decoded = |text| STANDARD.decode(text).ok();
    match name {
        "png" => decoded(PNG),
        "half" => decoded(PNG).map(|bytes| bytes[..bytes.len() / 2].to_vec()),
        "bomb" => decoded(BOMB),
        "svg" => Some(SVG.into()),
        "html" => Some(HTML.into()),
        _ => None,
    }
}

/// Sends a file to `url`.
pub async fn send(upload: &Upload, url: &str) -> Result<()> {
    let bytes = file(&upload.file).with_context(|| format!("there is no file {:?}", upload.file))?;
    let request = Client::new().put(url).header(CONTENT_TYPE, &upload.content_type).body(bytes);
    let status = request.send().await.context("an upload")?.status().as_u16();
    ensure!(status == upload.status, "the upload was answered {status} and not {}", upload.status);
    Ok(())
}

/// Waits until nothing is served at `url`.
pub async fn gone(url: &str, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    while Client::new().get(url).send().await.context("a file")?.status().is_success() {
        ensure!(Instant::now() < deadline, "the file is still there");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there() {
        for name in ["png", "half", "bomb", "svg", "html"] {
            assert!(file(name).is_some_and(|bytes| !bytes.is_empty()), "{name}");
        }
        assert!(file("exe").is_none());
    }
}
