//! Who uses the CPU: the services that this process has started, itself, and everything on the machine together.

use std::fs;
use std::path::Path;
use std::process;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Ticks a second in `/proc/PID/stat` (proc(5)), the same on every machine that Linux runs on here.
const TICKS: f64 = 100.0;

/// Seconds of CPU.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cpu {
    /// Of the user service.
    pub user: f64,
    /// Of the product service.
    pub product: f64,
    /// Of the order service.
    pub order: f64,
    /// Of the gateway.
    pub gateway: f64,
    /// Of this process.
    pub client: f64,
    /// Of PostgreSQL.
    pub database: f64,
    /// Of the AWS emulator, which on AWS is somewhere else.
    pub emulator: f64,
    /// Of everybody, also those who have nothing to do with it.
    pub machine: f64,
}

impl Cpu {
    /// What was used so far; the emulator is the one that listens on this port.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn now(emulator: u16) -> Result<Self> {
        let port = format!("GATEWAY_PORT={emulator}");
        let own = fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
        let machine = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
        let mut all = Self {
            client: line(&own).context("/proc/self/stat is something else")?.seconds,
            machine: busy(&machine).context("/proc/stat is something else")?,
            ..Self::default()
        };
        for entry in fs::read_dir("/proc").context("reading /proc")?.flatten() {
            // A process may end between the two readings.
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some(Line { name, parent, seconds }) = line(&stat) else { continue };
            match name {
                "user" if parent == process::id() => all.user += seconds,
                "product" if parent == process::id() => all.product += seconds,
                "order" if parent == process::id() => all.order += seconds,
                "api-gateway" if parent == process::id() => all.gateway += seconds,
                "postgres" => all.database += seconds,
                _ if has_variable(&entry.path(), &port) => all.emulator += seconds,
                _ => {}
            }
        }
        Ok(all)
    }

    /// What was used between then and now.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.with(before, |now, before| now - before)
    }

    /// Of each of so many requests.
    #[must_use]
    pub fn per(self, requests: f64) -> Self {
        self.with(self, |seconds, _| seconds / requests)
    }

    fn with(self, other: Self, both: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            user: both(self.user, other.user),
            product: both(self.product, other.product),
            order: both(self.order, other.order),
            gateway: both(self.gateway, other.gateway),
            client: both(self.client, other.client),
            database: both(self.database, other.database),
            emulator: both(self.emulator, other.emulator),
            machine: both(self.machine, other.machine),
        }
    }

    /// In microseconds.
    #[must_use]
    pub fn to_json(self) -> Value {
        let micro = self.with(self, |seconds, _| (seconds * 1e6).round());
        json!({
            "user": micro.user, "product": micro.product, "order": micro.order, "gateway": micro.gateway, "client": micro.client,
            "database": micro.database, "emulator": micro.emulator, "machine": micro.machine,
        })
    }
}

/// Seconds of CPU that a process has used.
///
/// # Errors
/// There is no such process.
pub fn of_process(id: u32) -> Result<f64> {
    let path = format!("/proc/{id}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    Ok(line(&stat).with_context(|| format!("{path} is something else"))?.seconds)
}

/// A process in `/proc/PID/stat`.
#[derive(Debug, PartialEq)]
struct Line<'a> {
    name: &'a str,
    parent: u32,
    seconds: f64,
}

fn line(stat: &str) -> Option<Line<'_>> {
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    // Counted from the state, which is the third field.
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    let ticks = f64::from(number(11)?) + f64::from(number(12)?);
    Some(Line { name, parent: number(1)?, seconds: ticks / TICKS })
}

/// Whether a process, by its folder in `/proc`, was started with a variable set so.
fn has_variable(process: &Path, variable: &str) -> bool {
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|pair| pair == variable.as_bytes())
}

/// Seconds of all cores, but idle and waiting, from the first line of `/proc/stat`.
fn busy(stat: &str) -> Option<f64> {
    let fields: Vec<f64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _idle, _waiting, interrupts @ ..] = &fields[..] else { return None };
    // Interrupts of both kinds, and what the host took; guests are counted in user already.
    let taken: f64 = interrupts.iter().take(3).sum();
    Some((user + nice + system + taken) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "4711 (api-gateway) S 42 4711 4711 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 4 0 12345 1 2";

    #[test]
    fn time_in_both_modes_is_read() {
        assert_eq!(line(STAT), Some(Line { name: "api-gateway", parent: 42, seconds: 2.0 }));
        assert_eq!(line("garbage"), None);
        assert_eq!(busy("cpu  100 10 50 9999 77 1 2 37 5 5\ncpu0 1 2 3"), Some(2.0));
        assert_eq!(busy("garbage"), None);
    }

    #[test]
    fn what_was_used_is_shared_among_requests() {
        let cpu =
            |seconds: f64| Cpu { user: seconds, gateway: 1.0, machine: seconds * 2.0, ..Cpu::default() };
        let each = cpu(3.0).since(cpu(1.0)).per(4.0);
        assert_eq!(each, Cpu { user: 0.5, machine: 1.0, ..Cpu::default() });
        assert_eq!(each.to_json()["machine"], 1e6);
        let now = Cpu::now(0).unwrap();
        assert!(now.machine > 0.0 && now.emulator == 0.0);
        assert!(!has_variable(Path::new("/proc/self"), "GATEWAY_PORT=0"));
    }
}
