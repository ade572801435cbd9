//! The user service's program.

use cartwright_runtime::{About, start};
use cartwright_types::SystemClock;
use user::config::{Config, PORT, ROLES};

const USER: About<Config> = About {
    name: "user-service",
    port: PORT,
    roles: ROLES,
    config: Config::from_env,
    openapi: user::openapi,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match start(&USER).await? {
        Some(config) => user::run::run(config, SystemClock::shared()).await,
        None => Ok(()),
    }
}
