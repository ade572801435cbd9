//! The user service's program.

use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;
use user::config::Config;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Before all else: describing the API needs no environment.
    if std::env::var("ROLE").is_ok_and(|role| role == "openapi") {
        print!("{}", user::openapi());
        return Ok(());
    }
    let mut env = Env::from_process();
    telemetry::init("user-service", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    user::run::run(config, SystemClock::shared()).await
}
