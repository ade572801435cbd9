//! What is done with `terraform/`: a copy to work in, plans of it, what an apply left to change, what it made.

mod drift;
mod made;
mod tree;

pub use drift::{Allowed, Change, changes, outside};
pub use made::differences;
pub use tree::Tree;
