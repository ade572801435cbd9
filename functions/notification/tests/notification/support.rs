//! A table, a bucket and a user service of its own for each test.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use cartwright_contracts::commands::{SendMail, TokenMail};
use cartwright_contracts::contact::{Contact, OrderContact};
use cartwright_contracts::{Envelope, Event};
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_runtime::transport::{Outgoing, Transport, TransportError};
use cartwright_test_support::{FakeClock, TestApp, TestAws, test_keys};
use cartwright_types::{Clock as _, NotificationId, OrderId, SystemClock, UserId};
use cartwright_web::App;
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{IdentitySigner, IdentityVerifier, Subject};
use notification::clients::{
    Applications, Attachments, Contacts, Email, Outlet, Platforms, Provider, Push, Queues, SendError, Sms,
};
use notification::config::{Senders, Shop};
use notification::consumers::{AskedFor, DomainEvents, EVENTS_QUEUE, MailCommands, MailEvents, Patience};
use notification::db::{
    Contents, Devices, MailHealth, Notifications, Stores, Suppressions, Templates, Wishes,
};
use notification::domain::{
    Channel, Device, Notice, Notification, Platform, Status, Template, UnsubscribeTokens, derive_id,
    device_id,
};
use notification::mail::Renderer;
use notification::state::State;
use notification::usecases::{
    Asking, Backoff, Choices, Delivery, Gate, Guard, Outlets, Tracking, Tries, Wordings,
};

pub const LEASE: Duration = Duration::from_mins(2);
pub const ADDRESS: &str = "ada@example.com";

/// The service's parts with everything around them.
pub struct World {
    pub delivery: Arc<Delivery>,
    pub provider: Arc<Recorder>,
    pub telephones: Arc<Told<Sms>>,
    pub devices: Arc<Told<Push>>,
    pub queues: Arc<Line>,
    pub clock: Arc<FakeClock>,
    pub sdk: SdkConfig,
    pub prefix: String,
    pub topic: Arc<Topic>,
    people: People,
}

/// Whom the services know: users, and orders of guests.
#[derive(Clone, Default)]
struct People {
    users: Arc<Mutex<HashMap<UserId, Contact>>>,
    guests: Arc<Mutex<HashMap<OrderId, OrderContact>>>,
    away: Arc<AtomicBool>,
}

impl World {
    pub async fn new() -> Self {
        let tables = [
            Notifications::TABLE,
            Contents::TABLE,
            Devices::TABLE,
            MailHealth::TABLE,
            Suppressions::TABLE,
            Templates::TABLE,
            Wishes::TABLE,
        ];
        let TestAws { sdk, prefix, .. } = TestAws::with_tables(&tables).await;
        let (clock, people, provider) = (FakeClock::new(), People::default(), Arc::new(Recorder::default()));
        let (telephones, devices) = (Arc::new(Told::default()), Arc::new(Told::default()));
        let url = services(people.clone(), clock.clone()).await;
        let outlets = Outlets {
            email: Outlet::new(vec![provider.clone()]),
            sms: Outlet::new(vec![telephones.clone()]),
            push: Outlet::new(vec![devices.clone()]),
        };
        let delivery = Arc::new(delivery(&sdk, &prefix, &url, outlets, clock.clone()));
        let queues = Arc::new(Line::default());
        Self {
            delivery,
            provider,
            telephones,
            devices,
            queues,
            clock,
            sdk,
            prefix,
            topic: Arc::default(),
            people,
        }
    }

    /// Somebody with a proven address.
    pub fn person(&self) -> UserId {
        self.person_with(|_| {})
    }

    pub fn person_with(&self, change: impl FnOnce(&mut Contact)) -> UserId {
        let user_id = UserId::new(&SystemClock);
        let mut contact = Contact {
            user_id,
            email: ADDRESS.to_owned(),
            pending_email: None,
            email_verified: true,
            full_name: Some("Ada Lovelace".to_owned()),
            phone: None,
            locale: "en".to_owned(),
            marketing_opt_in: false,
        };
        change(&mut contact);
        self.people.users.lock().unwrap().insert(user_id, contact);
        user_id
    }

    /// Somebody without an account, who has ordered.
    pub fn guest(&self, order_token: Option<&str>) -> OrderId {
        let order_id = OrderId::new(&SystemClock);
        let (email, order_token) = ("guest@example.com".to_owned(), order_token.map(str::to_owned));
        let contact = OrderContact { order_id, email, locale: "en".to_owned(), order_token };
        self.people.guests.lock().unwrap().insert(order_id, contact);
        order_id
    }

    /// Without the account from now on.
    pub fn close_account(&self, user: UserId) {
        self.people.users.lock().unwrap().remove(&user);
    }

    /// As the queue would deliver it.
    pub async fn command(&self, id: uuid::Uuid, user_id: UserId, mail: TokenMail) {
        let command = SendMail { id, user_id, mail, traceparent: None };
        let handler = MailCommands::new(self.delivery.clone(), patience());
        handler.handle(&message(serde_json::to_string(&command).unwrap())).await.unwrap();
    }

    /// The same delivery with another provider of mail.
    pub async fn delivery_by(&self, provider: Arc<dyn Provider<Email>>) -> Arc<Delivery> {
        self.delivery_in_order(vec![provider]).await
    }

    /// The same delivery with others.
    pub async fn delivery_in_order(&self, providers: Vec<Arc<dyn Provider<Email>>>) -> Arc<Delivery> {
        let url = services(self.people.clone(), self.clock.clone()).await;
        let outlets = Outlets {
            email: Outlet::new(providers),
            sms: Outlet::new(vec![self.telephones.clone()]),
            push: Outlet::new(vec![self.devices.clone()]),
        };
        Arc::new(delivery(&self.sdk, &self.prefix, &url, outlets, self.clock.clone()))
    }

    pub fn event<E: Event>(&self, event: &E) -> Envelope {
        Envelope::new(&*self.clock, OrderId::new(&*self.clock), 1, "system", event)
    }

    /// As the queue would deliver it.
    pub async fn handle(&self, envelope: &Envelope) -> Result<(), HandlerError> {
        self.handle_again(envelope, 1).await
    }

    /// As the queue would deliver it for the `count`th time.
    pub async fn handle_again(&self, envelope: &Envelope, count: u32) -> Result<(), HandlerError> {
        let handler = DomainEvents::new(self.delivery.clone(), self.choices(), patience());
        let mut message = message(serde_json::to_string(envelope).unwrap());
        message.receive_count = count;
        handler.handle(&message).await
    }

    /// What the API uses.
    pub fn asking(&self) -> Asking {
        Asking {
            notifications: self.delivery.notifications.clone(),
            contents: self.delivery.contents.clone(),
            queues: Queues::new(self.queues.clone()),
            clock: self.clock.clone(),
        }
    }

    /// Handles what lies in the queues of what was asked for; the results, in order.
    pub async fn work(&self) -> Vec<Result<(), HandlerError>> {
        let handler = AskedFor::new(self.delivery.clone(), patience());
        let mut results = Vec::new();
        for outgoing in self.queues.take() {
            results.push(handler.handle(&message(outgoing.body)).await);
        }
        results
    }

    pub async fn row(&self, event: &Envelope, user: UserId, template: Template) -> Notification {
        self.found(derive_id(event.id, user, Channel::Email, template.as_str())).await.unwrap()
    }

    pub async fn found_row(
        &self,
        event: &Envelope,
        user: UserId,
        template: Template,
    ) -> Option<Notification> {
        self.found(derive_id(event.id, user, Channel::Email, template.as_str())).await
    }

    /// Whether the services that know of people are away.
    pub fn services_away(&self, away: bool) {
        self.people.away.store(away, Ordering::Relaxed);
    }

    /// As somebody else would write it meanwhile.
    pub async fn set_status(&self, id: NotificationId, status: Status) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        aws_sdk_dynamodb::Client::new(&self.sdk)
            .update_item()
            .table_name(format!("{}notifications", self.prefix))
            .key("id", text(&id.to_string()))
            .update_expression("SET #status = :status")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(status.as_str()))
            .send()
            .await
            .unwrap();
    }

    pub async fn found(&self, id: NotificationId) -> Option<Notification> {
        self.delivery.notifications.find(id).await.unwrap()
    }

    pub fn stores(&self) -> Stores {
        Stores::new(&self.sdk, &self.prefix)
    }

    /// SNS with an application of each platform; see [`World::make_applications`].
    pub fn platforms(&self) -> Platforms {
        let (fcm, apns) = (Some(self.application("GCM")), Some(self.application("APNS")));
        Platforms::new(&self.sdk, Applications { fcm, apns })
    }

    /// The ARN of a platform application.
    pub fn application(&self, kind: &str) -> String {
        format!("arn:aws:sns:us-east-1:000000000000:app/{kind}/{}app", self.prefix)
    }

    pub async fn make_applications(&self) {
        let sns = aws_sdk_sns::Client::new(&self.sdk);
        for kind in ["GCM", "APNS"] {
            let request =
                sns.create_platform_application().name(format!("{}app", self.prefix)).platform(kind);
            request
                .attributes("PlatformCredential", "x")
                .attributes("PlatformPrincipal", "x")
                .send()
                .await
                .unwrap();
        }
    }

    /// A device of somebody's, as it would be registered.
    pub async fn device(&self, user_id: UserId, endpoint_arn: &str) -> uuid::Uuid {
        let (id, created_at) = (device_id(Platform::Fcm, endpoint_arn), self.clock.now());
        let endpoint_arn = endpoint_arn.to_owned();
        let device =
            Device { id, user_id, platform: Platform::Fcm, endpoint_arn, created_at, is_spent: false };
        self.stores().devices.put(&device).await.unwrap();
        id
    }

    pub async fn deliver(&self, notice: &Notice) {
        self.delivery.deliver(notice, Tries { count: 1, most: 5 }).await.unwrap();
    }

    pub fn choices(&self) -> Choices {
        let Stores { wishes, devices, suppressions, .. } = self.stores();
        Choices { wishes, devices, platforms: self.platforms(), suppressions }
    }

    pub fn state(&self) -> State {
        let Stores { templates, wishes, devices, suppressions, .. } = self.stores();
        let asking = self.asking();
        State {
            asking,
            notifications: self.delivery.notifications.clone(),
            templates,
            wishes,
            devices,
            platforms: self.platforms(),
            suppressions,
            contacts: self.delivery.contacts.clone(),
            renderer: self.delivery.renderer.clone(),
            unsubscribe: self.delivery.unsubscribe.clone(),
            default_locale: shop().locale,
            clock: self.clock.clone(),
        }
    }

    /// What SES would tell, as the queue would deliver it.
    pub async fn told(&self, event: &serde_json::Value) -> Result<(), HandlerError> {
        let stores = self.stores();
        let tracking = Tracking {
            notifications: self.delivery.notifications.clone(),
            suppressions: stores.suppressions,
            guard: self.delivery.gate.guard.clone(),
            events: self.topic.clone(),
            clock: self.clock.clone(),
        };
        MailEvents::new(Arc::new(tracking)).handle(&message(event.to_string())).await
    }

    pub fn app(&self) -> TestApp {
        let router = cartwright_web::app(App {
            api: notification::api(self.state()),
            verifier: IdentityVerifier::new("notification", test_keys(), self.clock.clone()),
            health: Health::default(),
            open: Router::new(),
            query_budgets: &[],
        });
        TestApp::with_clock(router, "notification", self.clock.clone())
    }
}

pub fn message(body: String) -> Message {
    Message { id: "m-1".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None }
}

pub fn patience() -> Patience {
    Patience::of(EVENTS_QUEUE, Backoff::default())
}

pub fn shop() -> Shop {
    Shop {
        name: "Cartwright".to_owned(),
        public_url: "https://shop.example".to_owned(),
        locale: "en".to_owned(),
        operations_email: Some("stock@cartwright.example".to_owned()),
    }
}

fn delivery(sdk: &SdkConfig, prefix: &str, url: &str, outlets: Outlets, clock: Arc<FakeClock>) -> Delivery {
    let client = |audience| {
        let signer = IdentitySigner::new(audience, test_keys(), clock.clone());
        InternalClient::new("notification", vec![url.to_owned()], signer)
    };
    let stores = Stores::new(sdk, prefix);
    Delivery {
        notifications: stores.notifications.clone(),
        contents: stores.contents.clone(),
        devices: stores.devices.clone(),
        gate: Gate::new(&stores, Arc::new(Guard::new(stores.mail_health.clone())), clock.clone()),
        contacts: Arc::new(Contacts::new(client("user"), client("order"), shop())),
        attachments: Attachments::new(sdk, prefix.to_owned()),
        outlets: Arc::new(outlets),
        renderer: Arc::new(Renderer::new(shop())),
        wordings: Wordings::new(stores.templates, clock.clone()),
        unsubscribe: UnsubscribeTokens::from_base64url(&"A".repeat(43)).unwrap(),
        shop: shop(),
        senders: Senders {
            transactional: "shop@cartwright.example".to_owned(),
            marketing: "news@cartwright.example".to_owned(),
        },
        lease: LEASE,
        clock,
    }
}

/// The topic of all events: takes what is published, or fails as told.
#[derive(Default)]
pub struct Topic {
    published: Mutex<Vec<Outgoing>>,
    pub away: std::sync::atomic::AtomicBool,
}

impl Topic {
    pub fn published(&self) -> Vec<Envelope> {
        self.published.lock().unwrap().iter().map(|one| Envelope::parse(&one.body).unwrap()).collect()
    }
}

#[async_trait]
impl Transport for Topic {
    async fn send(&self, messages: &[Outgoing]) -> Vec<Result<(), TransportError>> {
        if self.away.load(std::sync::atomic::Ordering::SeqCst) {
            return messages.iter().map(|_| Err(TransportError("away".into()))).collect();
        }
        self.published.lock().unwrap().extend_from_slice(messages);
        messages.iter().map(|_| Ok(())).collect()
    }
}

/// Takes mails and remembers them; fails as told.
#[derive(Default)]
pub struct Recorder {
    name: Option<&'static str>,
    sent: Mutex<Vec<(String, Vec<u8>)>>,
    failures: Mutex<VecDeque<SendError>>,
}

impl Recorder {
    pub fn named(name: &'static str) -> Self {
        Self { name: Some(name), ..Self::default() }
    }

    pub fn fail_next(&self, error: SendError) {
        self.failures.lock().unwrap().push_back(error);
    }

    pub fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// The recipient and the message of the last mail.
    pub fn last(&self) -> (String, Vec<u8>) {
        self.sent.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl Provider<Email> for Recorder {
    fn name(&self) -> &'static str {
        self.name.unwrap_or("recorder")
    }

    async fn send(&self, email: &Email) -> Result<String, SendError> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push((email.to.clone(), email.mime.clone()));
        Ok(format!("recorded-{}", sent.len()))
    }

    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Remembers messages as a provider would take them; fails as told.
pub struct Told<M> {
    sent: Mutex<Vec<String>>,
    failures: Mutex<VecDeque<SendError>>,
    kind: std::marker::PhantomData<fn(M)>,
}

impl<M> Default for Told<M> {
    fn default() -> Self {
        Self { sent: Mutex::default(), failures: Mutex::default(), kind: std::marker::PhantomData }
    }
}

impl<M> Told<M> {
    pub fn fail_next(&self, error: SendError) {
        self.failures.lock().unwrap().push_back(error);
    }

    /// Each as one line: to whom, and what.
    pub fn lines(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    fn tell(&self, line: String) -> Result<String, SendError> {
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push(line);
        Ok(format!("told-{}", sent.len()))
    }
}

#[async_trait]
impl Provider<Sms> for Told<Sms> {
    fn name(&self) -> &'static str {
        "told"
    }

    async fn send(&self, sms: &Sms) -> Result<String, SendError> {
        self.tell(format!("{}: {}", sms.to, sms.text))
    }

    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

#[async_trait]
impl Provider<Push> for Told<Push> {
    fn name(&self) -> &'static str {
        "told"
    }

    async fn send(&self, push: &Push) -> Result<String, SendError> {
        self.tell(format!("{}: {} / {}", push.endpoint_arn, push.title, push.text))
    }

    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Queues that remember; away when told.
#[derive(Default)]
pub struct Line {
    messages: Mutex<Vec<Outgoing>>,
    away: AtomicBool,
}

impl Line {
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// What was sent since it was last asked.
    pub fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut *self.messages.lock().unwrap())
    }
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, messages: &[Outgoing]) -> Vec<Result<(), TransportError>> {
        if self.away.load(Ordering::Relaxed) {
            return messages.iter().map(|_| Err(TransportError("away".into()))).collect();
        }
        self.messages.lock().unwrap().extend(messages.iter().cloned());
        messages.iter().map(|_| Ok(())).collect()
    }
}

/// `GET /internal/users/{id}/contact` and `GET /internal/orders/{id}/contact`, for the notification service with the right
/// scope only.
async fn services(people: People, clock: Arc<FakeClock>) -> String {
    let verifiers =
        ["user", "order"].map(|audience| IdentityVerifier::new(audience, test_keys(), clock.clone()));
    let [to_users, to_orders] = verifiers.map(|verifier| {
        move |headers: &HeaderMap| {
            let token =
                headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
            let subject = token.and_then(|token| verifier.verify(token).ok());
            let expected = Subject::Service { name: "notification".to_owned(), scope: "contact".to_owned() };
            if subject == Some(expected) { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
        }
    });
    let People { users, guests, away } = people;
    let [users_away, guests_away] = [away.clone(), away];
    let there = |away: &AtomicBool| {
        if away.load(Ordering::Relaxed) { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(()) }
    };
    let user = move |Path(id): Path<UserId>, headers: HeaderMap| {
        let known = || users.lock().unwrap().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND);
        let answer = there(&users_away).and_then(|()| to_users(&headers)).and_then(|()| known());
        async move { answer }
    };
    let guest = move |Path(id): Path<OrderId>, headers: HeaderMap| {
        let known = || guests.lock().unwrap().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND);
        let answer = there(&guests_away).and_then(|()| to_orders(&headers)).and_then(|()| known());
        async move { answer }
    };
    let router = Router::new()
        .route("/internal/users/{id}/contact", axum::routing::get(user))
        .route("/internal/orders/{id}/contact", axum::routing::get(guest));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
