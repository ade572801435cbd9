//! From a notice to a mail: texts, and the message that carries them.

mod check;
mod engine;
mod filters;
mod language;
mod message;
mod own_text;
mod render;
mod sample;
mod texts;

pub use check::Flaw;
pub use message::{Attachment, MessageError, Parts, build};
pub use render::{Reader, RenderError, Rendered, Renderer, built_in, built_in_languages};
pub use sample::sample;
