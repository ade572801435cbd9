//! `ROLE=all|api|worker|migrate|load-shop`

use cartwright_runtime::{Env, telemetry};
use order::config::Config;

#[tokio::main]
async fn main() -> Result<(), anyhow::Error> {
    // Before all else: describing the API needs no environment.
    if std::env::var("ROLE").is_ok_and(|role| role == "openapi") {
        print!("{}", order::openapi());
        return Ok(());
    }
    let mut env = Env::from_process();
    telemetry::init("order-service", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    Box::pin(order::run(config)).await
}
