//! Errors on their way into the log.

use std::error::Error;

/// An error that came from anywhere.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An error with its causes on one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
