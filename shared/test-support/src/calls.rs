//! Which operations tests call, for the check of the API's contract (`tests/contract`).

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use axum::http::{Method, StatusCode};

/// Appends `METHOD path status` to this process's file in `CARTWRIGHT_CALLS_DIR`, where `make test` sets that. Without
/// query and body: those hold what is nobody's business.
///
/// # Panics
/// When it cannot be written: the check would miss a call.
pub fn record(method: &Method, path: &str, status: StatusCode) {
    let Some(folder) = std::env::var_os("CARTWRIGHT_CALLS_DIR") else { return };
    let file = PathBuf::from(folder).join(format!("{}.calls", std::process::id()));
    let line = format!("{method} {path} {}\n", status.as_u16());
    // One write a line: other tests of this process append too.
    let written = File::options()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("calls are recorded where CARTWRIGHT_CALLS_DIR says");
}
