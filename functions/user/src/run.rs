//! What each role does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_database::{Database, Relay, check_schema, outbox};
use cartwright_limits::SharedLimits;
use cartwright_messaging::{ConsumerSettings, Publisher, QueueCheck, consume};
use cartwright_redis::Redis;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::secrets::{RotatingKeys, SecretError, Secrets, SingleKey};
use cartwright_runtime::{Program, Readiness, chain};
use cartwright_types::{EmailAddress, SharedClock};
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::background::{FollowKeys, release_memory};
use crate::clients::holders::{Holder, Holders};
use crate::config::{Config, Serving, Task};
use crate::consumers::{QUEUE, UserEvents};
use crate::crypto::access_token::{AccessTokens, PrivateKeySet};
use crate::crypto::hasher::Hasher;
use crate::crypto::token::SuccessorKey;
use crate::state::State;
use crate::usecases::create_admin::{Outcome, create_admin};
use crate::usecases::throttle::Throttle;
use crate::usecases::tidy;
use crate::{MIGRATOR, routes};

/// The logical name of the secret with the signing keys.
const JWT_KEYS: &str = "jwt-keys";
/// Messages in work at once.
const CONCURRENCY: usize = 4;
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
        Task::Serve(serving) => Box::pin(start(&config, serving, database, clock)).await,
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
    // Read on another thread while this one makes the clients.
    let keys = tokio::spawn(Keys::read(secrets.clone(), names.clone(), serving.api));
    let mut program = Program::new(config.listen);
    // Whoever writes to the outbox also sends from it.
    program.work(Relay::new(database.clone(), Arc::new(Publisher::new(&sdk, &serving.aws))));
    if serving.worker {
        let settings = ConsumerSettings {
            queue: QUEUE,
            resource_prefix: names.prefix.clone(),
            concurrency: CONCURRENCY,
        };
        let handler = Arc::new(UserEvents::new(database.clone(), clock.clone()));
        program.consume(consume(&sdk, settings, handler));
        program.work(cartwright_database::tidy(database.pool().clone()));
        program.work(tidy::hourly(database.clone(), clock.clone()));
    }
    let queues = [NOTIFICATION_COMMANDS, QUEUE].map(|queue| QueueCheck::new(&sdk, &names.prefix, queue));
    let redis = serving.redis.as_ref().map(|url| Redis::new(url, &names.prefix));
    let limits = cartwright_limits::shared(redis.as_ref(), &sdk, &names.prefix, clock.clone());
    let health = health(program.readiness(), &database, queues, redis);
    let keys = keys.await.context("reading the keys")??;
    let own = AudienceKeys::try_from(&keys.own).context("secret identity/user")?;
    let verifier = IdentityVerifier::new("user", own, clock.clone());
    let router = match keys.api {
        Some(keys) => {
            let state = state(&keys, serving, database, clock, limits)?;
            let (name, tokens) = (names.secret(JWT_KEYS), state.access_tokens.clone());
            program.work(FollowKeys::new(secrets, name, tokens, state.clock.clone()));
            program.work(release_memory(state.hasher.clone()));
            routes::router(state, verifier, health)
        }
        None => cartwright_web::app(App {
            api: Router::new(),
            verifier,
            health,
            open: Router::new(),
            query_budgets: &[],
        }),
    };
    program.serve(router).await
}

/// The secrets of the service.
struct Keys {
    own: RotatingKeys,
    /// None for a worker.
    api: Option<ApiKeys>,
}

/// Those that only the API needs.
struct ApiKeys {
    access: PrivateKeySet,
    refresh: SingleKey,
    order: RotatingKeys,
    notification: RotatingKeys,
}

impl Keys {
    async fn read(secrets: Secrets, names: Names, api: bool) -> Result<Self, SecretError> {
        let own = names.secret("identity/user");
        if !api {
            return Ok(Self { own: secrets.get(&own).await?, api: None });
        }
        let (access, refresh) = (names.secret(JWT_KEYS), names.secret("token-key"));
        let (order, notification) = (names.secret("identity/order"), names.secret("identity/notification"));
        let (own, access, refresh, order, notification) = tokio::try_join!(
            secrets.get(&own),
            secrets.get(&access),
            secrets.get(&refresh),
            secrets.get(&order),
            secrets.get(&notification)
        )?;
        Ok(Self { own, api: Some(ApiKeys { access, refresh, order, notification }) })
    }
}

fn state(
    keys: &ApiKeys,
    serving: &Serving,
    database: Database,
    clock: SharedClock,
    limits: Arc<dyn SharedLimits>,
) -> anyhow::Result<State> {
    let tokens = AccessTokens::new(&keys.access, serving.issuer.clone(), serving.audience.clone());
    let successor_key = SuccessorKey::from_base64url(&keys.refresh.key).context("secret token-key")?;
    let holder = |service, keys: &RotatingKeys, urls: &[String]| {
        let keys = AudienceKeys::try_from(keys).with_context(|| format!("secret identity/{service}"))?;
        let signer = IdentitySigner::new(service, keys, clock.clone());
        anyhow::Ok(Holder { service, client: InternalClient::new("user", urls.to_vec(), signer) })
    };
    let holders = vec![
        holder("order", &keys.order, &serving.order_urls)?,
        holder("notification", &keys.notification, &serving.notification_urls)?,
    ];
    Ok(State {
        database,
        throttle: Throttle::new(limits, successor_key.clone(), serving.rate_limit_scale),
        clock,
        hasher: Hasher::new(),
        access_tokens: Arc::new(tokens.context("secret jwt-keys")?),
        successor_key,
        holders: Arc::new(Holders::new(holders)),
        require_verified_email: serving.require_verified_email,
    })
}

fn health(
    readiness: Readiness,
    database: &Database,
    queues: [QueueCheck; 2],
    redis: Option<Redis>,
) -> Health {
    let pool = database.pool().clone();
    let mut health = Health::new(readiness).vital("database", move || {
        let pool = pool.clone();
        async move { check_schema(&pool, &MIGRATOR).await.map_err(|error| chain(&error)) }
    });
    if let Some(redis) = redis {
        health = health.helpful("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        });
    }
    health.helpful("queue", move || {
        let [commands, events] = queues.clone();
        async move { futures::try_join!(commands.check(), events.check()).map(drop) }
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
