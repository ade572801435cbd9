//! What each role does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_database::{Database, Relay, check_schema, outbox};
use cartwright_messaging::{Publisher, QueueCheck};
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::secrets::{RotatingKeys, Secrets, SingleKey};
use cartwright_runtime::{Program, Readiness, chain};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentityVerifier};

use crate::config::{Config, Serving, Task};
use crate::crypto::access_token::{AccessTokens, PrivateKeySet};
use crate::crypto::hasher::Hasher;
use crate::crypto::token::SuccessorKey;
use crate::domain::email::EmailAddress;
use crate::state::State;
use crate::usecases::create_admin::{Outcome, create_admin};
use crate::usecases::tidy;
use crate::{MIGRATOR, routes};

/// How long `create-admin` tries to send its invitation.
const SENDING_PATIENCE: Duration = Duration::from_secs(30);

/// Does what `ROLE` asks for.
///
/// # Errors
/// The database, a secret or the port is not to be had.
pub async fn run(config: Config, clock: SharedClock) -> anyhow::Result<()> {
    let database = Database::connect_lazy(&config.database);
    match &config.task {
        Task::CreateDatabase(server) => Ok(server.create().await?),
        Task::Migrate => Ok(cartwright_database::migrate(database.pool(), &MIGRATOR).await?),
        Task::CreateAdmin { aws, email } => admin(aws, database, clock, email).await,
        Task::Serve(serving) => start(&config, serving, database, clock).await,
    }
}

async fn start(
    config: &Config,
    serving: &Serving,
    database: Database,
    clock: SharedClock,
) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let (secrets, names) = (Secrets::new(&sdk), names(&serving.aws));
    let keys: RotatingKeys = secrets.get(&names.secret("identity/user")).await?;
    let keys = AudienceKeys::try_from(&keys).context("secret identity/user")?;
    let verifier = IdentityVerifier::new("user", keys, clock.clone());
    let mut program = Program::new(config.listen);
    // Whoever writes to the outbox also sends from it.
    program.work(Relay::new(database.clone(), Arc::new(Publisher::new(&sdk, &serving.aws))));
    if serving.worker {
        program.work(cartwright_database::tidy(database.pool().clone()));
        program.work(tidy::hourly(database.clone(), clock.clone()));
    }
    let health =
        health(program.readiness(), &database, QueueCheck::new(&sdk, &names.prefix, NOTIFICATION_COMMANDS));
    let router = if serving.api {
        routes::router(state(&secrets, &names, serving, database, clock).await?, verifier, health)
    } else {
        cartwright_web::app(App {
            api: Router::new(),
            verifier,
            health,
            open: Router::new(),
            query_budgets: &[],
        })
    };
    program.serve(router).await
}

async fn state(
    secrets: &Secrets,
    names: &Names,
    serving: &Serving,
    database: Database,
    clock: SharedClock,
) -> anyhow::Result<State> {
    let keys: PrivateKeySet = secrets.get(&names.secret("jwt-keys")).await?;
    let tokens = AccessTokens::new(&keys, serving.issuer.clone(), serving.audience.clone());
    let key: SingleKey = secrets.get(&names.secret("token-key")).await?;
    Ok(State {
        database,
        clock,
        hasher: Hasher::new(),
        access_tokens: Arc::new(tokens.context("secret jwt-keys")?),
        successor_key: SuccessorKey::from_base64url(&key.key).context("secret token-key")?,
        require_verified_email: serving.require_verified_email,
    })
}

fn health(readiness: Readiness, database: &Database, queue: QueueCheck) -> Health {
    let pool = database.pool().clone();
    let health = Health::new(readiness).vital("database", move || {
        let pool = pool.clone();
        async move { check_schema(&pool, &MIGRATOR).await.map_err(|error| chain(&error)) }
    });
    health.helpful("queue", move || {
        let queue = queue.clone();
        async move { queue.check().await }
    })
}

fn names(aws: &AwsSettings) -> Names {
    Names {
        prefix: aws.resource_prefix.clone(),
        secrets_prefix: aws.secrets_prefix.clone(),
        region: aws.region.clone(),
        account_id: aws.account_id.clone(),
    }
}

/// Makes the admin and stays until the invitation is on its way.
async fn admin(
    aws: &AwsSettings,
    database: Database,
    clock: SharedClock,
    email: &EmailAddress,
) -> anyhow::Result<()> {
    let outcome = create_admin(&database, clock.as_ref(), email).await?;
    let relay = Relay::new(database.clone(), Arc::new(Publisher::new(&aws.sdk_config().await, aws)));
    let sent = tokio::time::timeout(SENDING_PATIENCE, async {
        relay.drain().await?;
        outbox_is_empty(&database).await
    });
    match sent.await {
        Ok(result) => result?,
        Err(_) => bail!(
            "the administrator is made, but the invitation is not sent yet: a running user service will send it"
        ),
    }
    let done = match outcome {
        Outcome::Created => "created",
        Outcome::Promoted => "promoted",
    };
    println!(
        "Administrator {done}: a link to set the password is on its way by mail and is good for 72 hours."
    );
    Ok(())
}

async fn outbox_is_empty(database: &Database) -> Result<(), sqlx::Error> {
    while outbox::backlog(database.pool()).await?.0 > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
