//! The committed `.sqlx` folders: what PostgreSQL said about each checked query, so that a build needs no database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::paths::Checkout;
use crate::process::{self, foreground};

/// The services whose queries are checked.
const CRATES: [&str; 3] = ["user", "product", "order"];

/// Describes every query anew against schemas made from the migrations, and writes what came out to
/// `functions/*/.sqlx`; or, to `check`, fails with the names of the files that are stale.
///
/// # Errors
/// A migration or a query does not fit, or with `check` a file is stale.
pub async fn regenerate(checkout: &Checkout, superuser_url: &str, check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for name in CRATES {
        let database = migrated_database(checkout, superuser_url, name).await?;
        let fresh = checkout.work().join("sqlx").join(name);
        describe(checkout, name, &database, &fresh).await?;
        let committed = checkout.root().join("functions").join(name).join(".sqlx");
        if check {
            stale.extend(differences(&committed, &fresh)?);
        } else {
            replace(&committed, &fresh)?;
        }
        fs::remove_dir_all(&fresh).context("removing the new descriptions")?;
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("the descriptions of queries are stale; `make sqlx` writes them anew:\n  {}", stale.join("\n  "))
}

/// A database of its own with the schema of a service: the shared tables, then its own, as `ROLE=migrate` makes it.
async fn migrated_database(checkout: &Checkout, superuser_url: &str, name: &str) -> Result<String> {
    let options: PgConnectOptions = superuser_url.parse().context("the superuser's URL")?;
    let options = options.disable_statement_logging();
    let database = format!("sqlx_{name}");
    let mut server = sqlx::PgConnection::connect_with(&options).await.context("connecting to PostgreSQL")?;
    for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
        sqlx::raw_sql(AssertSqlSafe(format!("{statement} {database}"))).execute(&mut server).await?;
    }
    server.close().await?;

    let options = options.database(&database);
    let mut migrations: Vec<Migration> = Vec::new();
    for folder in ["shared/database/migrations".to_owned(), format!("functions/{name}/migrations")] {
        let folder = checkout.root().join(folder);
        if folder.is_dir() {
            let found = Migrator::new(folder.as_path()).await;
            migrations
                .extend(found.with_context(|| format!("reading {}", folder.display()))?.iter().cloned());
        }
    }
    migrations.sort_by_key(|migration| migration.version);
    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
    let migrator = Migrator::with_migrations(migrations);
    migrator
        .run_direct(None, &mut connection, false)
        .await
        .with_context(|| format!("migrations of {name}"))?;
    connection.close().await?;
    Ok(options.to_url_lossy().to_string())
}

/// Compiles the crate with the database at hand; the query macros then write a file each.
async fn describe(checkout: &Checkout, name: &str, database: &str, into: &Path) -> Result<()> {
    if into.exists() {
        fs::remove_dir_all(into).context("removing old descriptions")?;
    }
    fs::create_dir_all(into).with_context(|| format!("making {}", into.display()))?;
    // cargo does not see that the database changed; a touched file makes it compile again.
    let mut touch = Command::new("touch");
    touch.arg(checkout.root().join("functions").join(name).join("src/lib.rs"));
    process::run(touch).await?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root()).args(["check", "--quiet", "--all-targets", "-p", name]);
    command.env("DATABASE_URL", database).env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", into);
    if !foreground(command).await?.success() {
        bail!("{name} does not compile against its migrations; cargo says why above");
    }
    Ok(())
}

fn replace(committed: &Path, fresh: &Path) -> Result<()> {
    if committed.exists() {
        fs::remove_dir_all(committed).with_context(|| format!("removing {}", committed.display()))?;
    }
    fs::create_dir_all(committed)?;
    for (file, content) in read(fresh)? {
        fs::write(committed.join(&file), content).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

fn differences(committed: &Path, fresh: &Path) -> Result<Vec<String>> {
    let (old, new) = (read(committed)?, read(fresh)?);
    let files: BTreeSet<&PathBuf> = old.keys().chain(new.keys()).collect();
    let line = |file: &PathBuf| {
        let (word, content) = match (old.get(file), new.get(file)) {
            (None, Some(new)) => ("missing", new),
            (Some(old), None) => ("not used any more", old),
            (Some(old), Some(new)) if old != new => ("changed", new),
            _ => return None,
        };
        Some(format!("{}: {word}: {}", committed.join(file).display(), query(content)))
    };
    Ok(files.into_iter().filter_map(line).collect())
}

/// The beginning of the query that a file describes.
fn query(content: &[u8]) -> String {
    let file: serde_json::Value = serde_json::from_slice(content).unwrap_or_default();
    let words = file["query"].as_str().unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ").chars().take(60).collect()
}

fn read(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let content =
            fs::read(entry.path()).with_context(|| format!("reading {}", entry.path().display()))?;
        files.insert(PathBuf::from(entry.file_name()), content);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_a_left_over_file_are_all_stale() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |folder: &Path, name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write(old.path(), "query-same.json", "1");
        write(new.path(), "query-same.json", "1");
        write(old.path(), "query-changed.json", "1");
        write(new.path(), "query-changed.json", "2");
        write(old.path(), "query-left-over.json", "1");
        write(new.path(), "query-missing.json", "1");

        assert_eq!(differences(old.path(), new.path()).unwrap().len(), 3);
        replace(old.path(), new.path()).unwrap();
        assert!(differences(old.path(), new.path()).unwrap().is_empty());
    }
}
