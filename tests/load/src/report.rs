//! What a benchmark leaves in `.work/bench/NAME.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// A benchmark's figures: ratios with their rounds, and everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    ratios: BTreeMap<String, Vec<f64>>,
    raw: Vec<Value>,
}

impl Report {
    /// Adds the rounds of a ratio.
    pub fn ratio(&mut self, name: impl Into<String>, rounds: Vec<f64>) {
        self.ratios.insert(name.into(), rounds);
    }

    /// Adds what was measured, as it was.
    pub fn raw(&mut self, value: Value) {
        self.raw.push(value);
    }

    /// Writes `NAME.json` into `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path, name: &str, rounds: usize) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let ratios: BTreeMap<&str, Value> = self
            .ratios
            .iter()
            .map(|(name, rounds)| {
                let (median, least, most) = spread(rounds);
                (name.as_str(), json!({ "median": median, "min": least, "max": most }))
            })
            .collect();
        let document = json!({ "machine": machine(), "rounds": rounds, "ratios": ratios, "raw": self.raw });
        let path = folder.join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        println!("written to {}", path.display());
        Ok(())
    }
}

/// Median, least and most.
#[must_use]
pub fn spread(rounds: &[f64]) -> (f64, f64, f64) {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    (at(sorted.len() / 2), at(0), at(sorted.len().saturating_sub(1)))
}

fn machine() -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    json!({
        // Of the machine, whatever this process keeps to.
        "cores": read("/proc/cpuinfo").lines().filter(|line| line.starts_with("processor")).count(),
        "cpu": value(&read("/proc/cpuinfo"), "model name"),
        "memory": value(&read("/proc/meminfo"), "MemTotal"),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load_average": read("/proc/loadavg").trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_round_is_the_median() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), (2.0, 1.0, 3.0));
    }
}
