//! `stop` and `reset`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use localstack::paths::Checkout;
use localstack::postgres::RunAs;

use super::dev;

/// Tells a running `dev` to end and waits for it.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    if dev::lock(checkout)?.is_some() {
        println!("nothing runs here");
        return Ok(0);
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    // While it starts or stops it may not answer; then the lock says when it has ended.
    let mut asked = dev::ask(checkout, "stop").await;
    while dev::lock(checkout)?.is_none() {
        if Instant::now() > deadline {
            let why = asked.err().map_or_else(|| "it does not end".to_owned(), |error| format!("{error:#}"));
            bail!("`make dev` still runs: {why}. Press Ctrl-C in its terminal");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        if asked.is_err() {
            asked = dev::ask(checkout, "stop").await;
        }
    }
    println!("stopped");
    Ok(0)
}

/// Removes the data, not what was downloaded.
pub async fn reset(checkout: &Checkout) -> Result<u8> {
    run(checkout).await?;
    let _lock = dev::lock(checkout)?.context("`make dev` was started again meanwhile")?;
    let run_as = RunAs::choose()?;
    let (postgres, _) = checkout.reachable(&checkout.work().join("postgres"), run_as.is_other())?;
    remove(&postgres)?;
    for name in ["postgres", "emulator", "redis", "logs", "addresses.env"] {
        remove(&checkout.work().join(name))?;
    }
    println!("removed: databases, AWS resources, logs. Kept: .work/venv");
    Ok(0)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
