//! The notification service's program.

use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;
use notification::config::{Config, Role};
use notification::run;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Before all else: describing the API needs no environment.
    if std::env::var("ROLE").is_ok_and(|role| role == "openapi") {
        print!("{}", notification::openapi());
        return Ok(());
    }
    let mut env = Env::from_process();
    telemetry::init("notification-service", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    match (config.role, &config.serving) {
        (Role::Migrate, _) | (_, None) => {
            tracing::info!("nothing to migrate: the notification service keeps its rows in DynamoDB");
            Ok(())
        }
        (_, Some(serving)) => run::serve(&config, serving, SystemClock::shared()).await,
    }
}
