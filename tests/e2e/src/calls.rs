//! Which operations tests call, for the check of the API's contract (`tests/contract`).

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use reqwest::Method;

/// Appends `METHOD path status` to this process's file in `CARTWRIGHT_CALLS_DIR`, where `make test` sets that. Without
/// query and body: those hold what is nobody's business.
pub fn record(method: &Method, path: &str, status: u16) -> Result<()> {
    let Some(folder) = std::env::var_os("CARTWRIGHT_CALLS_DIR") else { return Ok(()) };
    let file = PathBuf::from(folder).join(format!("{}.calls", std::process::id()));
    let line = format!("{method} {path} {status}\n");
    // One write a line: other tests of this process append too.
    let written = File::options()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.context("recording a call where CARTWRIGHT_CALLS_DIR says")
}
