//! A line per step, with its time.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

use anyhow::Result;

/// Runs a step: its name while it runs (on a terminal), then name, time and what came of it.
///
/// # Errors
/// Those of the step.
pub async fn step<T>(name: &str, work: impl Future<Output = Result<(T, String)>>) -> Result<T> {
    let started = Instant::now();
    let live = std::io::stdout().is_terminal();
    if live {
        print!("  ...      {name}");
        let _ = std::io::stdout().flush();
    }
    let outcome = work.await;
    let seconds = started.elapsed().as_secs_f64();
    let (start, end) = if live { ("\r\u{1b}[K", "\n") } else { ("", "\n") };
    match outcome {
        Ok((value, note)) => {
            print!("{start}  {seconds:6.1} s {name}{}{note}{end}", if note.is_empty() { "" } else { ": " });
            Ok(value)
        }
        Err(error) => {
            print!("{start}  {seconds:6.1} s {name}: failed{end}");
            Err(error)
        }
    }
}
