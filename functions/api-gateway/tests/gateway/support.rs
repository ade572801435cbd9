//! A gateway, services that say what they heard, and tokens good and bad.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use api_gateway::cache::MicroCache;
use api_gateway::queues::{Depth, QueueState, Queues};
use api_gateway::routes::{ROUTES, Route, Service};
use api_gateway::server;
use api_gateway::signals::{Reading, Revocations};
use api_gateway::state::{Gateway, Settings};
use api_gateway::upstream::{Upstream, Upstreams, Watch};
use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use axum::extract::{Request, State};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use cartwright_limits::{LimitsError, Quota, Scale, SharedLimits, Verdict};
use cartwright_runtime::{AppEnv, Readiness};
use cartwright_test_support::{FakeClock, test_keys};
use cartwright_types::{Clock, SessionId, UserId};
use cartwright_web::identity::{IdentityVerifier, Subject};
use futures::Stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::store::MemoryStore;

pub const ISSUER: &str = "https://shop.example";
pub const AUDIENCE: &str = "cartwright";

/// The user service's key `k1`, and another that it does not publish.
pub static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
pub static FOREIGN_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
/// The user service's key `e1`.
pub static CURVE_KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

/// What a stand-in has counted.
#[derive(Default)]
pub struct Seen {
    pub requests: AtomicUsize,
    pub keys_fetched: AtomicUsize,
}

impl Seen {
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// A service that answers every request with what it was.
pub fn echo(name: &'static str, seen: Arc<Seen>) -> Router {
    let keys = get(async |State(seen): State<Arc<Seen>>| {
        seen.keys_fetched.fetch_add(1, Ordering::SeqCst);
        Json(key_set())
    });
    let health = get(async || {
        Json(json!({"status": "ok", "version": "1.2.3", "dependencies": [
            {"name": "database", "status": "ok", "milliseconds": 1}
        ]}))
    });
    let say = async move |State(seen): State<Arc<Seen>>, request: Request| {
        seen.requests.fetch_add(1, Ordering::SeqCst);
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let bytes = body.collect().await.map_or(0, |body| body.to_bytes().len());
        Json(json!({
            "service": name, "method": parts.method.as_str(), "target": target, "headers": headers, "bytes": bytes
        }))
    };
    Router::new()
        .route("/.well-known/jwks.json", keys)
        .route("/health", health)
        .fallback(say)
        .with_state(seen)
}

/// A server that ends with the guard.
pub async fn start(router: Router) -> (SocketAddr, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = axum::serve(listener, router).into_future();
    tokio::spawn(stop.clone().run_until_cancelled_owned(server));
    (address, stop.drop_guard())
}

/// An address where nobody listens.
pub async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A store of shared counts that is away: everybody counts for themselves.
struct NoStore;

#[async_trait]
impl SharedLimits for NoStore {
    async fn count(&self, _key: &str, _quota: Quota) -> Result<Verdict, LimitsError> {
        Err(LimitsError("away".into()))
    }
}

/// Two queues, of which one cannot be read.
#[derive(Default)]
pub struct TwoQueues {
    /// How often they were looked at.
    pub looks: AtomicUsize,
}

#[async_trait]
impl Queues for TwoQueues {
    async fn look(&self) -> Vec<QueueState> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        // As long as others may come meanwhile.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let queue = |name: &str, consumer: &str, messages, dead_letters| QueueState {
            name: name.to_owned(),
            consumer: Some(consumer.to_owned()),
            messages,
            dead_letters,
        };
        let none = Depth { visible: 0, in_flight: 0, delayed: 0 };
        let some = Depth { visible: 12, in_flight: 3, delayed: 1 };
        vec![
            queue("order-events", "order", Some(some), Some(none)),
            queue("user-events", "user", None, Some(some)),
        ]
    }
}

pub struct Builder {
    pub addresses: [Vec<SocketAddr>; 4],
    pub app_env: AppEnv,
    pub routes: &'static [Route],
    pub scale: &'static str,
    pub trusted_proxies: &'static str,
    pub origins: &'static str,
    pub concurrency: usize,
    pub cache_bytes: u64,
    pub signals: Arc<MemoryStore>,
    pub reading: Reading,
    pub limits: Arc<dyn SharedLimits>,
}

pub struct TestGateway {
    pub address: SocketAddr,
    pub clock: Arc<FakeClock>,
    pub revocations: Arc<Revocations>,
    pub watch: Watch,
    pub cache: Arc<MicroCache>,
    pub queues: Arc<TwoQueues>,
    pub seen: Arc<Seen>,
    pub stop: CancellationToken,
    pub served: tokio::task::JoinHandle<()>,
    client: reqwest::Client,
    _services: Vec<DropGuard>,
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl TestGateway {
    /// In front of four echoes, which count together.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Builder)) -> Self {
        let seen = Arc::new(Seen::default());
        let mut services = Vec::new();
        let mut builder = Builder {
            addresses: Default::default(),
            app_env: AppEnv::Test,
            routes: &ROUTES,
            scale: "1000",
            trusted_proxies: "",
            origins: "",
            concurrency: 100,
            cache_bytes: 0,
            signals: Arc::default(),
            reading: Reading::Beside,
            limits: Arc::new(NoStore),
        };
        for service in Service::ALL {
            let (address, guard) = start(echo(service.name(), Arc::clone(&seen))).await;
            builder.addresses[service as usize] = vec![address];
            services.push(guard);
        }
        change(&mut builder);
        let clock = FakeClock::new();
        let upstreams = Upstreams::new(
            Service::ALL.map(|service| {
                let addresses = builder.addresses[service as usize].iter();
                let addresses = addresses.map(|address| address.to_string().parse().unwrap()).collect();
                Upstream::new(service, addresses, test_keys(), clock.clone())
            }),
            builder.concurrency,
        );
        let revocations = Arc::new(Revocations::new(builder.signals, clock.clone(), builder.reading));
        let watch = Watch(upstreams.clone());
        let cache = Arc::new(MicroCache::new(builder.cache_bytes));
        let queues = Arc::new(TwoQueues::default());
        let gateway = Gateway::new(Settings {
            app_env: builder.app_env,
            routes: builder.routes,
            upstreams,
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            clock: clock.clone(),
            rate_limit_scale: builder.scale.parse::<Scale>().unwrap(),
            revocations: Arc::clone(&revocations),
            trusted_proxies: builder.trusted_proxies.parse().unwrap(),
            origins: builder.origins.parse().unwrap(),
            shared_limits: builder.limits,
            cache: Arc::clone(&cache),
            readiness: Readiness::default(),
            queues: queues.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let served = tokio::spawn(server::serve(listener, gateway, stop.clone()));
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        Self {
            address,
            clock,
            revocations,
            watch,
            cache,
            queues,
            seen,
            stop,
            served,
            client,
            _services: services,
        }
    }

    pub fn call(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.call("GET", path)).await
    }

    pub async fn get_with(&self, path: &str, token: &str) -> Reply {
        Reply::of(self.call("GET", path).bearer_auth(token)).await
    }

    /// Sends bytes as they are and reads until the gateway closes.
    pub async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        let closed = tokio::time::timeout(Duration::from_secs(5), reading).await;
        assert!(closed.is_ok(), "the connection stays open after {}", String::from_utf8_lossy(&answer));
        String::from_utf8(answer).unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the service was sent under a name, comma-separated.
    pub fn sent(&self, name: &str) -> String {
        let pairs: Vec<(String, String)> = serde_json::from_value(self.body["headers"].clone()).unwrap();
        let values: Vec<_> =
            pairs.into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect();
        values.join(", ")
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.body["code"], code, "{reply:?}");
        assert_eq!(reply.body["status"], status);
        assert_eq!(reply.body["request_id"], reply.header("x-request-id"));
        reply
    }

    /// Whom the service was told about.
    pub fn subject(&self, audience: &'static str, gateway: &TestGateway) -> Subject {
        subject_of(&self.sent("authorization").into(), audience, gateway)
    }
}

/// Whom a token of the inside is about.
pub fn subject_of(token: &Value, audience: &'static str, gateway: &TestGateway) -> Subject {
    let token = token.as_str().unwrap().strip_prefix("Bearer ").unwrap();
    IdentityVerifier::new(audience, test_keys(), gateway.clock.clone()).verify(token).unwrap()
}

/// Claims and header of an access token, to be spoiled.
pub struct Token {
    pub header: Value,
    pub claims: Value,
}

impl Token {
    pub fn of(gateway: &TestGateway, role: &str) -> Self {
        Self::at(gateway.clock.as_ref(), role)
    }

    pub fn at(clock: &dyn Clock, role: &str) -> Self {
        let now = clock.now().timestamp();
        let (user, session) = (UserId::new(clock), SessionId::new(clock));
        Self {
            header: json!({"typ": "at+jwt", "alg": "RS256", "kid": "k1"}),
            claims: json!({
                "iss": ISSUER, "aud": AUDIENCE, "sub": user, "sid": session, "roles": [role], "iat": now, "exp": now + 900
            }),
        }
    }

    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    pub fn head(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    pub fn without(mut self, claim: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(claim);
        self
    }

    pub fn message(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    pub fn sign(&self) -> String {
        self.sign_with(&KEY)
    }

    pub fn sign_with(&self, key: &KeyPair) -> String {
        let message = self.message();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// By [`CURVE_KEY`], whatever the header says.
    pub fn sign_on_the_curve(&self) -> String {
        let message = self.message();
        let signature = CURVE_KEY.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn session(&self) -> SessionId {
        self.claims["sid"].as_str().unwrap().parse().unwrap()
    }
}

/// Modulus and exponent of a key, base64url.
pub fn public_parts(key: &KeyPair) -> (String, String) {
    let public = key.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero();
    let exponent = public.exponent().big_endian_without_leading_zero();
    (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent))
}

fn key_set() -> Value {
    let (n, e) = public_parts(&KEY);
    let (x, y) = CURVE_KEY.public_key().as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    json!({"keys": [
        {"kty": "EC", "kid": "elliptic", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "use": "sig", "alg": "ES256", "kid": "e1", "crv": "P-256", "x": x, "y": y},
        {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": n, "e": e},
    ]})
}

/// A body that consists of what is sent into it, as it is sent.
pub fn channel_body()
-> (mpsc::Sender<Bytes>, StreamBody<impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync + 'static>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let frames = futures::stream::poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|chunk| chunk.map(|c| Ok(Frame::data(c))))
    });
    (sender, StreamBody::new(frames))
}
