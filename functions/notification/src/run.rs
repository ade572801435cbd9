//! Serving: the API, and the queues of a worker.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_messaging::{ConsumerSettings, MessageHandler, Publisher, QueueCheck, consume};
use cartwright_runtime::secrets::{RotatingKeys, Secrets, SingleKey};
use cartwright_runtime::{Program, Readiness};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::clients::{Contacts, EmailProvider, Invoices, Platforms, Ses};
use crate::config::{Config, Role, Serving};
use crate::consumers::{DomainEvents, EVENTS_QUEUE, MAIL_EVENTS_QUEUE, MailCommands, MailEvents};
use crate::db::{self, Notifications, Stores};
use crate::domain::UnsubscribeTokens;
use crate::mail::Renderer;
use crate::routes;
use crate::state::State;
use crate::usecases::{Choices, Delivery, Gate, Guard, Tracking, Wordings};

/// Messages of one queue in work at once.
const CONCURRENCY: usize = 8;
/// The logical name of the bucket with the PDFs.
const INVOICES: &str = "invoices";
/// The logical name of the secret that signs the links which end marketing mail.
const UNSUBSCRIBE_KEY: &str = "unsubscribe-key";

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
    let (own, user, order, unsubscribe) = tokio::try_join!(
        keys(&secrets, &names, "identity/notification"),
        keys(&secrets, &names, "identity/user"),
        keys(&secrets, &names, "identity/order"),
        unsubscribe_tokens(&secrets, &names)
    )?;
    let verifier = IdentityVerifier::new("notification", own, clock.clone());
    let notifications = Notifications::new(&sdk, names.of(db::TABLE));
    let stores = Stores::new(&sdk, &names.prefix);
    let platforms = Platforms::new(&sdk, serving.push_applications.clone());
    let renderer = Arc::new(Renderer::new(serving.shop.clone()));
    let contacts = {
        let client = |audience, keys, urls: &[String]| {
            let signer = IdentitySigner::new(audience, keys, clock.clone());
            InternalClient::new("notification", urls.to_vec(), signer)
        };
        Arc::new(Contacts::new(
            client("user", user, &serving.user_service_urls),
            client("order", order, &serving.order_service_urls),
            serving.shop.clone(),
        ))
    };
    let ses = Arc::new(Ses::new(&sdk));
    let mut program = Program::new(config.listen);
    if matches!(config.role, Role::All | Role::Worker) {
        let guard = Arc::new(Guard::new(stores.mail_health.clone()));
        let delivery = Arc::new(Delivery {
            notifications: notifications.clone(),
            contacts: contacts.clone(),
            invoices: Invoices::new(&sdk, names.of(INVOICES)),
            provider: ses.clone(),
            renderer: renderer.clone(),
            wordings: Wordings::new(stores.templates.clone(), clock.clone()),
            gate: Gate {
                wishes: stores.wishes.clone(),
                suppressions: stores.suppressions.clone(),
                devices: stores.devices.clone(),
                guard: guard.clone(),
                clock: clock.clone(),
            },
            unsubscribe: unsubscribe.clone(),
            shop: serving.shop.clone(),
            mail_from: serving.mail_from.clone(),
            lease: serving.sending_lease,
            clock: clock.clone(),
        });
        let choices = Choices {
            wishes: stores.wishes.clone(),
            devices: stores.devices.clone(),
            platforms: platforms.clone(),
            suppressions: stores.suppressions.clone(),
        };
        let tracking = Arc::new(Tracking {
            notifications: notifications.clone(),
            suppressions: stores.suppressions.clone(),
            guard,
            events: Arc::new(Publisher::new(&sdk, &serving.aws)),
            clock: clock.clone(),
        });
        let handlers: [(_, Arc<dyn MessageHandler>); 3] = [
            (EVENTS_QUEUE, Arc::new(DomainEvents::new(delivery.clone(), choices))),
            (NOTIFICATION_COMMANDS, Arc::new(MailCommands::new(delivery))),
            (MAIL_EVENTS_QUEUE, Arc::new(MailEvents::new(tracking))),
        ];
        for (queue, handler) in handlers {
            let settings =
                ConsumerSettings { queue, resource_prefix: names.prefix.clone(), concurrency: CONCURRENCY };
            program.consume(consume(&sdk, settings, handler));
        }
    }
    let queue = QueueCheck::new(&sdk, &names.prefix, EVENTS_QUEUE);
    let health = health(program.readiness(), &notifications, ses, queue);
    let Stores { templates, wishes, devices, suppressions, .. } = stores;
    let state = State {
        notifications,
        templates,
        wishes,
        devices,
        platforms,
        suppressions,
        contacts,
        renderer,
        unsubscribe,
        default_locale: serving.shop.locale.clone(),
        clock,
    };
    let api = if config.role == Role::Worker { Router::new() } else { routes::api(state) };
    let router = cartwright_web::app(App { api, verifier, health, open: Router::new(), query_budgets: &[] });
    program.serve(router).await
}

async fn unsubscribe_tokens(secrets: &Secrets, names: &Names) -> anyhow::Result<UnsubscribeTokens> {
    let key: SingleKey = secrets.get(&names.secret(UNSUBSCRIBE_KEY)).await?;
    UnsubscribeTokens::from_base64url(&key.key).context(UNSUBSCRIBE_KEY)
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
