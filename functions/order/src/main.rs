//! `ROLE=all|api|worker|migrate|load-shop`

use cartwright_runtime::{Env, telemetry};
use order::config::Config;

#[tokio::main]
async fn main() -> Result<(), anyhow::Error> {
    let mut env = Env::from_process();
    telemetry::init("order", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    Box::pin(order::run(config)).await
}
