//! Serving: the API, and the queues of a worker.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_messaging::{ConsumerSettings, MessageHandler, QueueCheck, consume};
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_runtime::{Program, Readiness};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::clients::{Contacts, EmailProvider, Invoices, Ses};
use crate::config::{Config, Role, Serving};
use crate::consumers::{DomainEvents, EVENTS_QUEUE, MailCommands};
use crate::db::{self, Notifications};
use crate::mail::Renderer;
use crate::routes;
use crate::state::State;
use crate::usecases::Delivery;

/// Messages of one queue in work at once.
const CONCURRENCY: usize = 8;
/// The logical name of the bucket with the PDFs.
const INVOICES: &str = "invoices";

/// Serves until the process is told to end.
///
/// # Errors
/// The identity keys cannot be read, or the address is taken.
pub async fn serve(config: &Config, serving: &Serving, clock: SharedClock) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let names = Names {
        prefix: serving.aws.resource_prefix.clone(),
        secrets_prefix: serving.aws.secrets_prefix.clone(),
        region: serving.aws.region.clone(),
        account_id: serving.aws.account_id.clone(),
    };
    let secrets = Secrets::new(&sdk);
    // Together: a start waits for the slowest, not for the sum.
    let (own, others) = tokio::try_join!(keys(&secrets, &names, "identity/notification"), async {
        match config.role {
            Role::All | Role::Worker => {
                let (user, order) =
                    (keys(&secrets, &names, "identity/user"), keys(&secrets, &names, "identity/order"));
                tokio::try_join!(user, order).map(Some)
            }
            _ => Ok(None),
        }
    })?;
    let verifier = IdentityVerifier::new("notification", own, clock.clone());
    let notifications = Notifications::new(&sdk, names.of(db::TABLE));
    let ses = Arc::new(Ses::new(&sdk));
    let mut program = Program::new(config.listen);
    if let Some((user, order)) = others {
        let client = |audience, keys, urls: &[String]| {
            let signer = IdentitySigner::new(audience, keys, clock.clone());
            InternalClient::new("notification", urls.to_vec(), signer)
        };
        let contacts = Contacts::new(
            client("user", user, &serving.user_service_urls),
            client("order", order, &serving.order_service_urls),
            serving.shop.clone(),
        );
        let delivery = Arc::new(Delivery {
            notifications: notifications.clone(),
            contacts,
            invoices: Invoices::new(&sdk, names.of(INVOICES)),
            provider: ses.clone(),
            renderer: Renderer::new(serving.shop.clone()),
            shop: serving.shop.clone(),
            mail_from: serving.mail_from.clone(),
            lease: serving.sending_lease,
            clock,
        });
        let handlers: [(_, Arc<dyn MessageHandler>); 2] = [
            (EVENTS_QUEUE, Arc::new(DomainEvents::new(delivery.clone()))),
            (NOTIFICATION_COMMANDS, Arc::new(MailCommands::new(delivery))),
        ];
        for (queue, handler) in handlers {
            let settings =
                ConsumerSettings { queue, resource_prefix: names.prefix.clone(), concurrency: CONCURRENCY };
            program.consume(consume(&sdk, settings, handler));
        }
    }
    let queue = QueueCheck::new(&sdk, &names.prefix, EVENTS_QUEUE);
    let health = health(program.readiness(), &notifications, ses, queue);
    let api = if config.role == Role::Worker { Router::new() } else { routes::api(State { notifications }) };
    let router = cartwright_web::app(App { api, verifier, health, open: Router::new(), query_budgets: &[] });
    program.serve(router).await
}

async fn keys(secrets: &Secrets, names: &Names, logical: &'static str) -> anyhow::Result<AudienceKeys> {
    let keys: RotatingKeys = secrets.get(&names.secret(logical)).await?;
    AudienceKeys::try_from(&keys).context(logical)
}

/// Without its table the service has nothing to show; without SES it keeps trying.
fn health(
    readiness: Readiness,
    notifications: &Notifications,
    provider: Arc<dyn EmailProvider>,
    queue: QueueCheck,
) -> Health {
    let notifications = notifications.clone();
    Health::new(readiness)
        .vital("database", move || {
            let notifications = notifications.clone();
            async move { notifications.check().await.map_err(|error| error.to_string()) }
        })
        .helpful("queue", move || {
            let queue = queue.clone();
            async move { queue.check().await }
        })
        .helpful("email", move || {
            let provider = provider.clone();
            async move { provider.check().await }
        })
}
