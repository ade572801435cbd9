//! The notification service's program.

use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;
use notification::config::{Config, Role};
use notification::run;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut env = Env::from_process();
    telemetry::init("notification", &mut env)?;
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
