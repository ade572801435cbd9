//! From a notice to a mail: texts, and the message that carries them.

mod filters;
mod message;
mod own_text;
mod render;
mod texts;

pub use message::{Attachment, MessageError, Parts, build};
pub use render::{Reader, RenderError, Rendered, Renderer};
