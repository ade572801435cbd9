//! `sqlx`: the committed descriptions of the checked queries.

use anyhow::Result;
use localstack::paths::Checkout;
use localstack::sqlx_cache;

use super::exec;

/// Writes them anew, or with `check` compares.
pub async fn run(checkout: &Checkout, check: bool) -> Result<u8> {
    let ground = exec::start(checkout).await?;
    let outcome = sqlx_cache::regenerate(checkout, &ground.database_url(), check).await;
    ground.stop().await?;
    outcome?;
    println!("  the descriptions of queries (functions/*/.sqlx) are up to date");
    Ok(0)
}
