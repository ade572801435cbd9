//! What children write.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};

use super::Log;

/// Whether a child's lines are shown as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// Prefixed with the child's name, in the given ANSI colour when standard output is a terminal.
    Shown(u8),
    /// Only in the file.
    Silent,
}

/// Reads the child's output in threads that end with it.
pub(super) fn pump(name: &str, child: &mut Child, log: &Log) -> Result<()> {
    let file = File::options().create(true).append(true).open(&log.file);
    let file = Arc::new(Mutex::new(file.with_context(|| format!("opening {}", log.file.display()))?));
    let prefix = prefix(name, log.console);
    if let Some(stdout) = child.stdout.take() {
        copy(stdout, prefix.clone(), Arc::clone(&file));
    }
    if let Some(stderr) = child.stderr.take() {
        copy(stderr, prefix, file);
    }
    Ok(())
}

fn prefix(name: &str, console: Console) -> Option<String> {
    match console {
        Console::Silent => None,
        Console::Shown(colour) if std::io::stdout().is_terminal() => {
            Some(format!("\u{1b}[{colour}m{name:>12} |\u{1b}[0m "))
        }
        Console::Shown(_) => Some(format!("{name:>12} | ")),
    }
}

fn copy(from: impl Read + Send + 'static, prefix: Option<String>, file: Arc<Mutex<File>>) {
    std::thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            // A full disk or a closed terminal must not stop the service: reading goes on, or it would block.
            if let Ok(mut file) = file.lock() {
                let _ = file.write_all(&line);
            }
            if let Some(prefix) = &prefix {
                let mut out = std::io::stdout().lock();
                let _ = write!(out, "{prefix}{}", String::from_utf8_lossy(&line));
            }
            line.clear();
        }
    });
}

/// The last `count` lines of a file; empty when there is none.
#[must_use]
pub fn tail(file: &Path, count: usize) -> String {
    const ENOUGH: u64 = 64 * 1024;
    let read = || -> std::io::Result<String> {
        let mut file = fs::File::open(file)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
