//! The order service's program.

use cartwright_runtime::{About, start};
use order::config::{Config, PORT, ROLES};

const ORDER: About<Config> = About {
    name: "order-service",
    port: PORT,
    roles: ROLES,
    config: Config::from_env,
    openapi: order::openapi,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match start(&ORDER).await? {
        Some(config) => Box::pin(order::run(config)).await,
        None => Ok(()),
    }
}
