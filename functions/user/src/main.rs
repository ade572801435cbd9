//! The user service's program.

use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;
use user::config::Config;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut env = Env::from_process();
    telemetry::init("user", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    user::run::run(config, SystemClock::shared()).await
}
