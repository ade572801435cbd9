//! The product service's program.

use cartwright_runtime::{About, start};
use cartwright_types::SystemClock;
use product::config::{Config, PORT, ROLES};

const PRODUCT: About<Config> = About {
    name: "product-service",
    port: PORT,
    roles: ROLES,
    config: Config::from_env,
    openapi: product::openapi,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match start(&PRODUCT).await? {
        Some(config) => product::run::run(config, SystemClock::shared()).await,
        None => Ok(()),
    }
}
