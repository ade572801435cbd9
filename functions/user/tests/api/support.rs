//! A shop with nobody in it, and what people do there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_contracts::Envelope;
use cartwright_contracts::commands::{SendMail, TokenMail};
use cartwright_contracts::events::SessionRevoked;
use cartwright_limits::{Decision, LimitsError, Quota, SharedLimits, Verdict};
use cartwright_test_support::{Answer, Call, FakeClock, TestApp, TestDatabase, test_keys};
use cartwright_types::{Role, SessionId, SharedClock};
use cartwright_web::client::InternalClient;
use cartwright_web::health::Health;
use cartwright_web::identity::{IdentitySigner, IdentityVerifier, Subject};
use serde_json::{Value, json};
use user::clients::holders::{Holder, Holders};
use user::crypto::access_token::AccessTokens;
use user::crypto::hasher::Hasher;
use user::crypto::token::SuccessorKey;
use user::state::State;
use user::usecases::throttle::Throttle;
use user::{MIGRATOR, router};

use crate::keys::private_jwk;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "a plain sentence of mine";

/// `RATE_LIMIT_SCALE` where the limits are not what a test is about.
pub const MANY: &str = "1000";

/// The rule of the shared limits, with the counts in this process.
struct CountedHere {
    stored: Mutex<HashMap<String, i64>>,
    clock: SharedClock,
}

#[async_trait]
impl SharedLimits for CountedHere {
    async fn count(&self, key: &str, quota: Quota) -> Result<Verdict, LimitsError> {
        let (mut stored, now) = (self.stored.lock().unwrap(), self.clock.now().timestamp_millis());
        let present = stored.get(key).copied();
        Ok(match quota.decide(present, now) {
            Decision::Refuse(wait) => Verdict::Refused(wait),
            Decision::Start(value) => {
                stored.insert(key.to_owned(), value);
                Verdict::Allowed { remaining: quota.remaining(value, now) }
            }
            Decision::Add(more) => {
                let value = present.unwrap_or_default() + more;
                stored.insert(key.to_owned(), value);
                Verdict::Allowed { remaining: quota.remaining(value, now) }
            }
        })
    }
}

/// A service that says what it holds about anybody, to whoever may ask.
pub async fn holder(service: &'static str, holds: Value, clock: SharedClock) -> Holder {
    let verifier = IdentityVerifier::new(service, test_keys(), clock.clone());
    let export = move |headers: HeaderMap| {
        let token =
            headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let subject = token.and_then(|token| verifier.verify(token).ok());
        let expected = Subject::Service { name: "user".to_owned(), scope: "export".to_owned() };
        let answer =
            if subject == Some(expected) { Ok(Json(holds.clone())) } else { Err(StatusCode::FORBIDDEN) };
        async move { answer }
    };
    let router = Router::new().route("/internal/users/{id}/export", axum::routing::get(export));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Holder {
        service,
        client: InternalClient::new("user", vec![url], IdentitySigner::new(service, test_keys(), clock)),
    }
}

pub struct Shop {
    pub app: TestApp,
    pub clock: Arc<FakeClock>,
    pub database: TestDatabase,
    pub state: State,
}

impl Shop {
    pub async fn new() -> Self {
        Self::open(true, MANY).await
    }

    pub async fn open(require_verified_email: bool, scale: &str) -> Self {
        let scale = scale.parse().unwrap();
        let (database, clock) = (TestDatabase::new(&MIGRATOR).await, FakeClock::new());
        let shared: SharedClock = clock.clone();
        let keys = json!({ "keys": [private_jwk("first"), private_jwk("next")] });
        let keys = serde_json::from_value(keys).unwrap();
        let access_tokens = AccessTokens::new(&keys, "https://shop.test".to_owned(), "cartwright".to_owned());
        let successor_key = SuccessorKey::from_base64url(&URL_SAFE_NO_PAD.encode([3; 32])).unwrap();
        let limits = Arc::new(CountedHere { stored: Mutex::default(), clock: shared.clone() });
        let state = State {
            database: database.database(),
            clock: shared.clone(),
            hasher: Hasher::new(),
            access_tokens: Arc::new(access_tokens.unwrap()),
            throttle: Throttle::new(limits, successor_key.clone(), scale),
            successor_key,
            holders: Arc::new(Holders::new(Vec::new())),
            require_verified_email,
        };
        Self::with_state(database, clock, state)
    }

    /// The same database behind another state.
    pub fn with_state(database: TestDatabase, clock: Arc<FakeClock>, state: State) -> Self {
        let shared: SharedClock = clock.clone();
        let verifier = IdentityVerifier::new("user", test_keys(), shared.clone());
        let app = TestApp::with_clock(router(state.clone(), verifier, Health::default()), "user", shared);
        Self { app, clock, database, state }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(path).json(&body).send().await
    }

    pub async fn register(&self, email: &str) -> Answer {
        self.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await
    }

    /// Somebody whose address is proven; the mails of that are gone.
    pub async fn member(&self, email: &str) {
        self.mails().await;
        let _ = self.register(email).await.expect(202);
        let token = self.mailed_token().await;
        let _ = self.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
        self.mails().await;
        self.events().await;
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/login", json!({ "email": email, "password": password })).await
    }

    /// Signs the member in; the whole answer.
    pub async fn signed_in(&self) -> Value {
        self.login(EMAIL, PASSWORD).await.expect(200)
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", json!({ "refresh_token": token })).await
    }

    /// Takes the mail commands out of the outbox, in the order they were written.
    pub async fn mails(&self) -> Vec<SendMail> {
        let bodies = self.take("queue").await;
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// Takes the events out of the outbox.
    pub async fn events(&self) -> Vec<Envelope> {
        let bodies = self.take("topic").await;
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    /// The types of the events that wait, in alphabetical order.
    pub async fn event_types(&self) -> Vec<String> {
        let mut types: Vec<String> = self.events().await.into_iter().map(|event| event.event_type).collect();
        types.sort();
        types
    }

    /// The token of the one mail that waits.
    pub async fn mailed_token(&self) -> String {
        let mails = self.mails().await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        match mails.into_iter().next().map(|mail| mail.mail) {
            Some(
                TokenMail::EmailVerification { token }
                | TokenMail::PasswordReset { token }
                | TokenMail::EmailChange { token }
                | TokenMail::Invitation { token },
            ) => token,
            other => panic!("no mail with a token: {other:?}"),
        }
    }

    /// Somebody proven and signed in; the whole answer.
    pub async fn joined(&self, email: &str) -> Value {
        self.member(email).await;
        self.login(email, PASSWORD).await.expect(200)
    }

    /// A call of whoever signed in.
    pub fn call(&self, method: Method, path: &str, who: &Value) -> Call {
        self.app.call(method, path).as_subject(subject(who))
    }

    /// The sessions that the gateway is told to refuse, of all events that wait.
    pub async fn revoked(&self) -> Vec<String> {
        let events = self.events().await;
        let revoked = events.iter().filter(|event| event.event_type == "session.revoked");
        let mut ids: Vec<String> = revoked
            .flat_map(|event| event.data::<SessionRevoked>().unwrap().session_ids)
            .map(|id| id.to_string())
            .collect();
        ids.sort();
        ids
    }

    /// The words of the audit trail, oldest first.
    pub async fn facts(&self, who: &Value) -> Vec<String> {
        let page = self.call(Method::GET, "/users/me/audit?limit=100", who).send().await.expect(200);
        let entries = page["data"].as_array().unwrap();
        entries.iter().rev().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect()
    }

    async fn take(&self, kind: &str) -> Vec<String> {
        let statement =
            "WITH taken AS (DELETE FROM outbox WHERE destination_kind = $1 RETURNING body, created_at)
                         SELECT body FROM taken ORDER BY created_at";
        sqlx::query_scalar(statement).bind(kind).fetch_all(self.database.pool()).await.unwrap()
    }

    pub async fn count(&self, table: &str) -> i64 {
        let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(statement).fetch_one(self.database.pool()).await.unwrap()
    }

    pub async fn suspend_everybody(&self) {
        sqlx::query("UPDATE users SET status = 'suspended'").execute(self.database.pool()).await.unwrap();
    }
}

/// The identity that the gateway would derive from the access token of `answer`.
pub fn subject(answer: &Value) -> Subject {
    let claims = claims(answer);
    Subject::User {
        id: claims["sub"].as_str().unwrap().parse().unwrap(),
        roles: claims["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role.as_str().unwrap().parse::<Role>().unwrap())
            .collect(),
        session: claims["sid"].as_str().unwrap().parse::<SessionId>().unwrap(),
    }
}

/// What the access token of `answer` says, unverified.
pub fn claims(answer: &Value) -> Value {
    let payload = answer["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A string of an answer.
pub fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap().to_owned()
}
