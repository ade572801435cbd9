//! Serving: the API, and the queues of a worker.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::SdkConfig;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_messaging::{ConsumerSettings, MessageHandler, Publisher, QueueCheck, consume};
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_runtime::{Program, Readiness, every};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::clients::{
    Attachments, Contacts, Email, MARKETING, Outlet, Provider, Push, Queues, Ses, Sms, Smtp, SnsPush, SnsSms,
    TRANSACTIONAL,
};
use crate::config::{Config, EmailBy, Providers, PushBy, Role, Serving, SmsBy};
use crate::consumers::{AskedFor, DomainEvents, EVENTS_QUEUE, MailCommands, Patience};
use crate::db::{self, Contents, Devices, Notifications};
use crate::mail::Renderer;
use crate::routes;
use crate::state::State;
use crate::usecases::{Asking, Backoff, Delivery, Gate, Outlets};

/// Messages of one queue in work at once.
const CONCURRENCY: usize = 8;
/// How often it is looked for what has become due.
const SWEEP: Duration = Duration::from_secs(5);

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
    let contents = Contents::new(&sdk, names.of(Contents::TABLE));
    let devices = Devices::new(&sdk, names.of(Devices::TABLE));
    let asking = Asking {
        notifications: notifications.clone(),
        contents: contents.clone(),
        queues: Queues::new(Arc::new(Publisher::new(&sdk, &serving.aws))),
        clock: clock.clone(),
    };
    let outlets = Arc::new(outlets(&sdk, &serving.providers)?);
    let mut program = Program::new(config.listen);
    if let Some((user, order)) = others {
        let client = |audience, keys, urls: &[String]| {
            let signer = IdentitySigner::new(audience, keys, clock.clone());
            InternalClient::new("notification", urls.to_vec(), signer)
        };
        let contacts = Contacts::new(
            client("user", user, &serving.user_service_urls),
            client("order", order, &serving.order_service_urls),
        );
        let delivery = Arc::new(Delivery {
            notifications: notifications.clone(),
            contents,
            devices: devices.clone(),
            gate: Gate::default(),
            contacts,
            attachments: Attachments::new(&sdk, names.prefix.clone()),
            outlets: outlets.clone(),
            renderer: Renderer::new(serving.shop.clone()),
            shop: serving.shop.clone(),
            senders: serving.senders.clone(),
            lease: serving.sending_lease,
            clock,
        });
        let backoff = Backoff::new(serving.retry_base);
        let patience = |queue| Patience::of(queue, backoff);
        let asked = |queue| Arc::new(AskedFor::new(delivery.clone(), patience(queue)));
        let handlers: [(_, Arc<dyn MessageHandler>); 4] = [
            (EVENTS_QUEUE, Arc::new(DomainEvents::new(delivery.clone(), patience(EVENTS_QUEUE)))),
            (
                NOTIFICATION_COMMANDS,
                Arc::new(MailCommands::new(delivery.clone(), patience(NOTIFICATION_COMMANDS))),
            ),
            (TRANSACTIONAL, asked(TRANSACTIONAL)),
            (MARKETING, asked(MARKETING)),
        ];
        for (queue, handler) in handlers {
            let settings =
                ConsumerSettings { queue, resource_prefix: names.prefix.clone(), concurrency: CONCURRENCY };
            program.consume(consume(&sdk, settings, handler));
        }
        let sweeping = asking.clone();
        program.work(every("due notifications", SWEEP, move || {
            let asking = sweeping.clone();
            async move { asking.sweep().await }
        }));
    }
    let queue = QueueCheck::new(&sdk, &names.prefix, EVENTS_QUEUE);
    let health = health(program.readiness(), &notifications, outlets, queue);
    let renderer = Arc::new(Renderer::new(serving.shop.clone()));
    let state = State { notifications, devices, asking, renderer };
    let api = if config.role == Role::Worker { Router::new() } else { routes::api(state) };
    let router = cartwright_web::app(App { api, verifier, health, open: Router::new(), query_budgets: &[] });
    program.serve(router).await
}

/// The providers that were chosen, in their order.
fn outlets(sdk: &SdkConfig, chosen: &Providers) -> anyhow::Result<Outlets> {
    let mut email: Vec<Arc<dyn Provider<Email>>> = Vec::new();
    for by in &chosen.email {
        email.push(match (by, &chosen.smtp_url) {
            (EmailBy::Ses, _) => Arc::new(Ses::new(sdk, chosen.ses_send_rate)),
            (EmailBy::Smtp, Some(url)) => Arc::new(Smtp::new(&url.0).map_err(anyhow::Error::msg)?),
            (EmailBy::Smtp, None) => anyhow::bail!("SMTP_URL is missing"),
        });
    }
    let sms = chosen.sms.iter().map(|SmsBy::Sns| -> Arc<dyn Provider<Sms>> {
        Arc::new(SnsSms::new(sdk, chosen.sms_sender_id.clone()))
    });
    let push =
        chosen.push.iter().map(|PushBy::Sns| -> Arc<dyn Provider<Push>> { Arc::new(SnsPush::new(sdk)) });
    Ok(Outlets {
        email: Outlet::new(email),
        sms: Outlet::new(sms.collect()),
        push: Outlet::new(push.collect()),
    })
}

async fn keys(secrets: &Secrets, names: &Names, logical: &'static str) -> anyhow::Result<AudienceKeys> {
    let keys: RotatingKeys = secrets.get(&names.secret(logical)).await?;
    AudienceKeys::try_from(&keys).context(logical)
}

/// Without its table the service has nothing to show; without a provider it keeps trying.
fn health(
    readiness: Readiness,
    notifications: &Notifications,
    outlets: Arc<Outlets>,
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
            let outlets = outlets.clone();
            async move { outlets.email.check().await }
        })
}
