//! What PostgreSQL itself does of some SQL, with as many clients.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use localstack::postgres::Binaries;
use localstack::process;

/// pgbench and psql of the server's own version, at a database of their own.
#[derive(Debug)]
pub struct PgBench {
    binaries: Binaries,
    url: String,
}

impl PgBench {
    /// The name of that database.
    pub const DATABASE: &str = "bench";

    /// Makes the database, with the tables of `schema`, on the server that `url` makes the URL of a database of.
    ///
    /// # Errors
    /// A program is missing, or the server refuses.
    pub async fn prepare(binaries: &Binaries, url: impl Fn(&str) -> String, schema: &str) -> Result<Self> {
        let pgbench = binaries.program("pgbench");
        ensure!(
            process::is_executable(&pgbench),
            "{} is missing: install the PostgreSQL package that has pgbench (on Debian: postgresql)",
            pgbench.display()
        );
        let bench = Self { binaries: binaries.clone(), url: url(Self::DATABASE) };
        // Checkpoints would fall into some rounds and not into others.
        let settings = ["max_wal_size = '8GB'", "checkpoint_timeout = '30min'", "jit = off"];
        let mut setup = bench.psql(&url("postgres"));
        for setting in settings {
            setup.arg("-c").arg(format!("ALTER SYSTEM SET {setting}"));
        }
        setup.args(["-c", "SELECT pg_reload_conf()", "-c", &format!("CREATE DATABASE {}", Self::DATABASE)]);
        process::run(setup).await.context("setting up the server")?;
        bench.run_here(schema).await.context("making the tables")?;
        Ok(bench)
    }

    /// The same database, after its server was started anew somewhere else.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self }
    }

    /// Runs statements in the database, as [`Self::run`].
    ///
    /// # Errors
    /// The server refuses one.
    pub async fn run_here(&self, statements: &str) -> Result<()> {
        self.run(&self.url, statements).await
    }

    /// Runs statements in the database of `url`, one by one: VACUUM is in no transaction.
    ///
    /// # Errors
    /// The server refuses one.
    pub async fn run(&self, url: &str, statements: &str) -> Result<()> {
        let mut command = self.psql(url);
        for statement in statements.split(';').map(str::trim).filter(|text| !text.is_empty()) {
            command.arg("-c").arg(statement);
        }
        process::run(command).await.map(drop)
    }

    /// How often a second so many clients run a script, its statements prepared.
    ///
    /// # Errors
    /// pgbench fails.
    pub async fn per_second(&self, sql: &str, clients: usize, time: Duration) -> Result<f64> {
        let script = std::env::temp_dir().join(format!("bench-{}.sql", std::process::id()));
        std::fs::write(&script, sql).context("writing pgbench's script")?;
        let mut command = Command::new(self.binaries.program("pgbench"));
        command.args(["-n", "-M", "prepared", "-j", "1", "-c", &clients.to_string()]);
        command.args(["-T", &time.as_secs().max(1).to_string(), "-f"]).arg(&script).arg(&self.url);
        let output =
            tokio::task::spawn_blocking(move || command.output()).await?.context("starting pgbench")?;
        let (text, problem) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "pgbench failed: {problem}");
        let _ = std::fs::remove_file(script);
        rate(&text).with_context(|| format!("pgbench said no rate: {text} {problem}"))
    }

    /// psql at a database; output goes nowhere.
    #[must_use]
    pub fn psql(&self, url: &str) -> Command {
        let mut command = Command::new(self.binaries.program("psql"));
        command.args(["-q", "-X", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", url]);
        command
    }
}

/// From `tps = 812.3 (without initial connection time)`.
fn rate(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let text = "latency average = 9.8 ms\ntps = 812.25 (without initial connection time)\n";
        assert_eq!(rate(text).map(f64::to_bits), Some(812.25_f64.to_bits()));
        assert_eq!(rate("failed"), None);
    }
}
