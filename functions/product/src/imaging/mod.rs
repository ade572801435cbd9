//! From the bytes that somebody uploaded to pictures that can be served. Nothing of the upload is passed on: what is served is
//! encoded anew, without its metadata.

mod colour;
mod decode;
mod encode;
mod jpeg;
mod scale;

use std::sync::Arc;
use std::thread::available_parallelism;

use thiserror::Error;
use tokio::sync::Semaphore;

use crate::domain::picture::Refusal;

/// Pixels of the longer side of a picture in lists.
pub const THUMB: u32 = 160;
/// Pixels of the longer side on a card.
pub const CARD: u32 = 480;
/// Pixels of the longer side at most.
pub const FULL: u32 = 1600;

/// An upload in the sizes that are served, as WebP. None is larger than the upload.
pub struct Picture {
    /// Of the largest, in pixels.
    pub width: i32,
    /// Of the largest, in pixels.
    pub height: i32,
    /// [`THUMB`]
    pub thumb: Vec<u8>,
    /// [`CARD`]
    pub card: Vec<u8>,
    /// [`FULL`]
    pub full: Vec<u8>,
}

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum RenderError {
    /// There never will be one.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The process ends.
    #[error("the process ends")]
    Ending,
}

/// Renders pictures beside the runtime's threads, one for each core at once: time and memory are bounded.
#[derive(Debug, Clone)]
pub struct Renderer {
    slots: Arc<Semaphore>,
}

impl Default for Renderer {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(Self::at_once())) }
    }
}

impl Renderer {
    /// How many pictures are rendered at once.
    #[must_use]
    pub fn at_once() -> usize {
        available_parallelism().map_or(1, usize::from)
    }

    /// Renders an upload.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub async fn render(&self, bytes: Arc<[u8]>) -> Result<Picture, RenderError> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| RenderError::Ending)?;
        let work = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            render(&bytes)
        });
        match work.await {
            Ok(result) => result.map_err(RenderError::Refused),
            // A decoder's panic on hostile bytes: the next try would panic too.
            Err(error) if error.is_panic() => {
                tracing::error!("a decoder panicked");
                Err(RenderError::Refused(Refusal::Unreadable))
            }
            Err(_) => Err(RenderError::Ending),
        }
    }
}

fn render(bytes: &[u8]) -> Result<Picture, Refusal> {
    let full = decode::decode(bytes, FULL)?;
    let card = scale::reduce(full.clone(), CARD);
    let thumb = scale::reduce(card.clone(), THUMB);
    let side = |pixels: u32| i32::try_from(pixels).map_err(|_| Refusal::TooManyPixels);
    Ok(Picture {
        width: side(full.width())?,
        height: side(full.height())?,
        thumb: encode::webp(&thumb)?,
        card: encode::webp(&card)?,
        full: encode::webp(&full)?,
    })
}

#[cfg(test)]
mod tests;
