//! What is outside this process.

pub mod holders;
