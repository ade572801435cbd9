//! Serving: the API, and the queues of a worker.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_config::SdkConfig;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_contracts::commands::NOTIFICATION_COMMANDS;
use cartwright_messaging::{ConsumerSettings, MessageHandler, Publisher, QueueCheck, consume};
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::secrets::{RotatingKeys, Secrets, SingleKey};
use cartwright_runtime::{Program, Readiness, every};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::clients::{
    Attachments, Contacts, Email, MARKETING, Outlet, Platforms, Provider, Push, Queues, Ses, Sms, Smtp,
    SnsPush, SnsSms, TRANSACTIONAL, WithFeedback, sns_client,
};
use crate::config::{Config, EmailBy, Providers, PushBy, Role, Serving, SmsBy};
use crate::consumers::{
    AskedFor, DomainEvents, EVENTS_QUEUE, MAIL_EVENTS_QUEUE, MailCommands, MailEvents, Patience,
};
use crate::db::{Notifications, Stores};
use crate::domain::UnsubscribeTokens;
use crate::mail::Renderer;
use crate::routes;
use crate::state::State;
use crate::usecases::{Asking, Backoff, Choices, Delivery, Gate, Guard, Outlets, Tracking, Wordings};

/// Messages of one queue in work at once.
const CONCURRENCY: usize = 8;
/// The logical name of the secret that signs the links which end marketing mail.
const UNSUBSCRIBE_KEY: &str = "unsubscribe-key";
/// How often it is looked for what has become due.
const SWEEP: Duration = Duration::from_secs(5);

/// Serves until the process is told to end.
///
/// # Errors
/// The identity keys cannot be read, or the address is taken.
pub async fn serve(config: &Config, serving: &Serving, clock: SharedClock) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let names = names(&serving.aws);
    let secrets = Secrets::new(&sdk);
    // Together: a start waits for the slowest, not for the sum.
    let (own, user, order, unsubscribe) = tokio::try_join!(
        keys(&secrets, &names, "identity/notification"),
        keys(&secrets, &names, "identity/user"),
        keys(&secrets, &names, "identity/order"),
        unsubscribe_tokens(&secrets, &names)
    )?;
    let verifier = IdentityVerifier::new("notification", own, clock.clone());
    let stores = Stores::new(&sdk, &names.prefix);
    let platforms = Platforms::new(&sdk, serving.push_applications.clone());
    let renderer = Arc::new(Renderer::new(serving.shop.clone()));
    let publisher = Arc::new(Publisher::new(&sdk, &serving.aws));
    let asking = Asking {
        notifications: stores.notifications.clone(),
        contents: stores.contents.clone(),
        queues: Queues::new(publisher.clone()),
        clock: clock.clone(),
    };
    let email = mail_providers(&sdk, config, serving, &names, &clock).await?;
    let outlets = Arc::new(outlets(&sdk, &serving.providers, email));
    let contacts = Arc::new(contacts(serving, user, order, &clock));
    let mut program = Program::new(config.listen);
    if matches!(config.role, Role::All | Role::Worker) {
        let guard = Arc::new(Guard::new(stores.mail_health.clone()));
        let delivery = Arc::new(Delivery {
            notifications: stores.notifications.clone(),
            contents: stores.contents.clone(),
            devices: stores.devices.clone(),
            gate: Gate::new(&stores, guard.clone(), clock.clone()),
            contacts: contacts.clone(),
            attachments: Attachments::new(&sdk, names.prefix.clone()),
            outlets: outlets.clone(),
            renderer: renderer.clone(),
            wordings: Wordings::new(stores.templates.clone(), clock.clone()),
            unsubscribe: unsubscribe.clone(),
            shop: serving.shop.clone(),
            senders: serving.senders.clone(),
            lease: serving.sending_lease,
            clock: clock.clone(),
        });
        let tracking = Arc::new(Tracking {
            notifications: stores.notifications.clone(),
            suppressions: stores.suppressions.clone(),
            guard,
            events: publisher,
            clock: clock.clone(),
        });
        let choices = Choices::new(&stores, platforms.clone());
        let backoff = Backoff::new(serving.retry_base);
        let patience = |queue| Patience::of(queue, backoff);
        let asked = |queue| Arc::new(AskedFor::new(delivery.clone(), patience(queue)));
        let handlers: [(_, Arc<dyn MessageHandler>); 5] = [
            (EVENTS_QUEUE, Arc::new(DomainEvents::new(delivery.clone(), choices, patience(EVENTS_QUEUE)))),
            (
                NOTIFICATION_COMMANDS,
                Arc::new(MailCommands::new(delivery.clone(), patience(NOTIFICATION_COMMANDS))),
            ),
            (TRANSACTIONAL, asked(TRANSACTIONAL)),
            (MARKETING, asked(MARKETING)),
            (MAIL_EVENTS_QUEUE, Arc::new(MailEvents::new(tracking))),
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
    let health = health(program.readiness(), &stores.notifications, outlets, queue);
    let Stores { notifications, templates, wishes, devices, suppressions, .. } = stores;
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
        asking,
        default_locale: serving.shop.locale.clone(),
        clock,
    };
    let api = if config.role == Role::Worker { Router::new() } else { routes::api(state) };
    let router = cartwright_web::app(App { api, verifier, health, open: Router::new(), query_budgets: &[] });
    program.serve(router).await
}

/// The providers that were chosen, in their order.
async fn mail_providers(
    sdk: &SdkConfig,
    config: &Config,
    serving: &Serving,
    names: &Names,
    clock: &SharedClock,
) -> anyhow::Result<Vec<Arc<dyn Provider<Email>>>> {
    let chosen = &serving.providers;
    let mut email: Vec<Arc<dyn Provider<Email>>> = Vec::new();
    for by in &chosen.email {
        email.push(match (by, &chosen.smtp_url) {
            (EmailBy::Ses, _) => Arc::new(Ses::new(sdk, chosen.ses_send_rate)),
            (EmailBy::Smtp, Some(url)) => Arc::new(Smtp::new(&url.0).map_err(anyhow::Error::msg)?),
            (EmailBy::Smtp, None) => anyhow::bail!("SMTP_URL is missing"),
        });
    }
    if config.listen.app_env.is_local() && sdk.endpoint_url().is_some() {
        // No emulator tells what became of a mail.
        let (stand_in, topic) = (serving.aws.stand_in_config().await, names.topic_arn(MAIL_EVENTS_QUEUE));
        let told = |provider| -> Arc<dyn Provider<Email>> {
            Arc::new(WithFeedback::new(provider, &stand_in, topic.clone(), clock.clone()))
        };
        email = email.into_iter().map(told).collect();
    }
    Ok(email)
}

fn outlets(sdk: &SdkConfig, chosen: &Providers, email: Vec<Arc<dyn Provider<Email>>>) -> Outlets {
    let sns = sns_client(sdk);
    let sms = chosen.sms.iter().map(|SmsBy::Sns| -> Arc<dyn Provider<Sms>> {
        Arc::new(SnsSms::new(sns.clone(), chosen.sms_sender_id.clone()))
    });
    let push = chosen
        .push
        .iter()
        .map(|PushBy::Sns| -> Arc<dyn Provider<Push>> { Arc::new(SnsPush::new(sns.clone())) });
    Outlets { email: Outlet::new(email), sms: Outlet::new(sms.collect()), push: Outlet::new(push.collect()) }
}

fn names(aws: &AwsSettings) -> Names {
    Names {
        prefix: aws.resource_prefix.clone(),
        secrets_prefix: aws.secrets_prefix.clone(),
        region: aws.region.clone(),
        account_id: aws.account_id.clone(),
    }
}

fn contacts(serving: &Serving, user: AudienceKeys, order: AudienceKeys, clock: &SharedClock) -> Contacts {
    let client = |audience, keys, urls: &[String]| {
        let signer = IdentitySigner::new(audience, keys, clock.clone());
        InternalClient::new("notification", urls.to_vec(), signer)
    };
    Contacts::new(
        client("user", user, &serving.user_service_urls),
        client("order", order, &serving.order_service_urls),
        serving.shop.clone(),
    )
}

async fn unsubscribe_tokens(secrets: &Secrets, names: &Names) -> anyhow::Result<UnsubscribeTokens> {
    let key: SingleKey = secrets.get(&names.secret(UNSUBSCRIBE_KEY)).await?;
    UnsubscribeTokens::from_base64url(&key.key).context(UNSUBSCRIBE_KEY)
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
