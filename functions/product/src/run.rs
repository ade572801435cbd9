//! What each role does.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_database::{Database, Relay, check_schema, tidy};
use cartwright_messaging::{ConsumerSettings, Publisher, QueueCheck, consume};
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_runtime::{Program, Readiness, chain};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentityVerifier};

use crate::clients::pictures::Pictures;
use crate::config::{Config, Serving, Task};
use crate::consumers::image_uploads::{self, ImageUploads};
use crate::consumers::{ProductEvents, QUEUE};
use crate::imaging::Renderer;
use crate::read_cache::{self, ReadCache};
use crate::state::{State, postgres_search};
use crate::usecases::images::{self, Reception};
use crate::{MIGRATOR, routes, usecases};

/// Messages in work at once.
const CONCURRENCY: usize = 4;

/// Does what `ROLE` asks for.
///
/// # Errors
/// The database, a secret or the port is not to be had.
pub async fn run(config: Config, clock: SharedClock) -> anyhow::Result<()> {
    let database = Database::connect_lazy(&config.database);
    match &config.task {
        Task::CreateDatabase(server) => Ok(server.create().await?),
        Task::Migrate => Ok(cartwright_database::migrate(database.pool(), &MIGRATOR).await?),
        Task::LoadCatalogue { currency } => {
            let input = std::io::stdin().lock();
            let loaded = usecases::load_catalogue(&database, clock.as_ref(), *currency, input).await?;
            tracing::info!(lines = loaded, "catalogue loaded");
            Ok(())
        }
        Task::Serve(serving) => serve(&config, serving, database, clock).await,
    }
}

async fn serve(
    config: &Config,
    serving: &Serving,
    database: Database,
    clock: SharedClock,
) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let names = Names {
        prefix: serving.aws.resource_prefix.clone(),
        secrets_prefix: serving.aws.secrets_prefix.clone(),
        region: serving.aws.region.clone(),
        account_id: serving.aws.account_id.clone(),
    };
    let keys: RotatingKeys = Secrets::new(&sdk).get(&names.secret("identity/product")).await?;
    let keys = AudienceKeys::try_from(&keys).context("secret identity/product")?;
    let verifier = IdentityVerifier::new("product", keys, clock.clone());
    let queue = QueueCheck::new(&sdk, &names.prefix, QUEUE);
    let pictures = Pictures::new(&sdk, &names.of("uploads"), &names.of("images"));
    let reads = ReadCache::new(clock.clone(), read_cache::KEPT);
    let mut program = Program::new(config.listen);
    // Whoever writes to the outbox also sends from it.
    program.work(Relay::new(database.clone(), Arc::new(Publisher::new(&sdk, &serving.aws))));
    if serving.worker {
        let settings = ConsumerSettings {
            queue: QUEUE,
            resource_prefix: names.prefix.clone(),
            concurrency: CONCURRENCY,
        };
        let handler = Arc::new(ProductEvents::new(database.clone(), clock.clone()));
        program.consume(consume(&sdk, settings, handler));
        let settings = ConsumerSettings {
            queue: image_uploads::QUEUE,
            resource_prefix: names.prefix.clone(),
            // Each is in memory while it waits for its turn.
            concurrency: Renderer::at_once(),
        };
        let reception = Reception {
            database: database.clone(),
            clock: clock.clone(),
            pictures: pictures.clone(),
            renderer: Renderer::default(),
            reads: reads.clone(),
        };
        program.consume(consume(&sdk, settings, Arc::new(ImageUploads::new(reception))));
        program.work(images::sweeper(database.clone(), clock.clone(), pictures.clone()));
        program.work(usecases::sweeper(database.clone(), clock.clone()));
        program.work(tidy(database.pool().clone()));
    }
    let state = State {
        stock: usecases::Stock::new(&database, &clock),
        search: postgres_search(&database),
        reads,
        database,
        clock,
        pictures,
        currency: serving.currency,
        images_base_url: serving.images_base_url.as_str().into(),
    };
    let health = health(program.readiness(), &state.database, queue);
    let api = if serving.api { routes::api(state) } else { Router::new() };
    let (open, query_budgets) = (Router::new(), &routes::QUERY_BUDGETS);
    let router = cartwright_web::app(App { api, verifier, health, open, query_budgets });
    program.serve(router).await
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
