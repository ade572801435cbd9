//! The committed `.sqlx` folders: what PostgreSQL said about each checked query, so that a build needs no database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::paths::Checkout;
use crate::process::foreground;

/// The services whose queries are checked.
const CRATES: [&str; 3] = ["user", "product", "order"];

/// Describes every query anew against schemas made from the migrations, and writes what came out to
/// `functions/*/.sqlx`; or, to `check`, fails with the names of the files that are stale.
///
/// # Errors
/// A migration or a query does not fit, or with `check` a file is stale.
pub async fn regenerate(checkout: &Checkout, superuser_url: &str, check: bool) -> Result<()> {
    let folder = checkout.work().join("sqlx");
    let mut pointers = Vec::new();
    for name in CRATES {
        let database = migrated_database(checkout, superuser_url, name).await?;
        pointers.push(Pointer::write(checkout, name, &database, &folder.join(name))?);
    }
    describe(checkout).await?;
    drop(pointers);
    let mut stale = Vec::new();
    for name in CRATES {
        let (fresh, committed) = (folder.join(name), committed(checkout, name));
        if check {
            stale.extend(differences(&committed, &fresh)?);
        } else {
            replace(&committed, &fresh)?;
        }
    }
    fs::remove_dir_all(&folder).context("removing the new descriptions")?;
    if stale.is_empty() {
        return Ok(());
    }
    bail!("the descriptions of queries are stale; `make sqlx` writes them anew:\n  {}", stale.join("\n  "))
}

fn committed(checkout: &Checkout, name: &str) -> PathBuf {
    checkout.root().join("functions").join(name).join(".sqlx")
}

/// The `.env` of a crate that tells the query macros in it, and in no other, where their database is and where to write: so
/// all crates are compiled at once, with the dependencies as they are built for everything else. It goes when this does.
struct Pointer(PathBuf);

impl Pointer {
    #[expect(clippy::disallowed_methods, reason = "the time of a file is the system's")]
    fn write(checkout: &Checkout, name: &str, database: &str, into: &Path) -> Result<Self> {
        if into.exists() {
            fs::remove_dir_all(into).context("removing old descriptions")?;
        }
        fs::create_dir_all(into).with_context(|| format!("making {}", into.display()))?;
        let root = checkout.root().join("functions").join(name);
        // cargo does not see that the database changed; a touched file makes it compile again.
        let library = fs::File::options().append(true).open(root.join("src/lib.rs"))?;
        library.set_modified(SystemTime::now()).context("touching a crate")?;
        let pointer = Self(root.join(".env"));
        let text =
            format!("DATABASE_URL={database}\nSQLX_OFFLINE=false\nSQLX_OFFLINE_DIR={}\n", into.display());
        fs::write(&pointer.0, text).with_context(|| format!("writing {}", pointer.0.display()))?;
        Ok(pointer)
    }
}

impl Drop for Pointer {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            eprintln!("remove {} by hand: {error}", self.0.display());
        }
    }
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

/// Compiles the crates with their databases at hand; the query macros then write a file each.
async fn describe(checkout: &Checkout) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root()).args(["check", "--quiet", "--workspace", "--all-targets"]);
    for name in ["DATABASE_URL", "SQLX_OFFLINE", "SQLX_OFFLINE_DIR"] {
        command.env_remove(name);
    }
    if !foreground(command).await?.success() {
        bail!("a service does not compile against its migrations; cargo says why above");
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
