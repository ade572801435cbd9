//! A shop with nobody in it, and what people do there.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_contracts::Envelope;
use cartwright_contracts::commands::{SendMail, TokenMail};
use cartwright_test_support::{Answer, FakeClock, TestApp, TestDatabase, test_keys};
use cartwright_types::{Role, SessionId, SharedClock};
use cartwright_web::health::Health;
use cartwright_web::identity::{IdentityVerifier, Subject};
use serde_json::{Value, json};
use user::crypto::access_token::AccessTokens;
use user::crypto::hasher::Hasher;
use user::crypto::token::SuccessorKey;
use user::state::State;
use user::{MIGRATOR, router};

use crate::keys::private_jwk;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "a plain sentence of mine";

pub struct Shop {
    pub app: TestApp,
    pub clock: Arc<FakeClock>,
    pub database: TestDatabase,
    pub state: State,
}

impl Shop {
    pub async fn new() -> Self {
        Self::open(true).await
    }

    pub async fn open(require_verified_email: bool) -> Self {
        let (database, clock) = (TestDatabase::new(&MIGRATOR).await, FakeClock::new());
        let shared: SharedClock = clock.clone();
        let keys = json!({ "keys": [private_jwk("first"), private_jwk("next")] });
        let keys = serde_json::from_value(keys).unwrap();
        let access_tokens = AccessTokens::new(&keys, "https://shop.test".to_owned(), "cartwright".to_owned());
        let state = State {
            database: database.database(),
            clock: shared.clone(),
            hasher: Hasher::new(),
            access_tokens: Arc::new(access_tokens.unwrap()),
            successor_key: SuccessorKey::from_base64url(&URL_SAFE_NO_PAD.encode([3; 32])).unwrap(),
            require_verified_email,
        };
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
                | TokenMail::Invitation { token },
            ) => token,
            other => panic!("no mail with a token: {other:?}"),
        }
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
