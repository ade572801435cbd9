//! Serving: requests by a listener or Lambda, the queue of a worker, and an orderly end.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use cartwright_contracts::Names;
use cartwright_limits::SharedLimits;
use cartwright_messaging::{ConsumerSettings, QueueCheck, consume};
use cartwright_redis::{Announcer, Redis};
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_runtime::{BoxError, Invoked, Listen, Program, Work, metrics};
use cartwright_types::SharedClock;
use cartwright_web::Problem;
use cartwright_web::health::Health;
use cartwright_web::identity::AudienceKeys;
use tokio_util::sync::CancellationToken;

use crate::body::Upload;
use crate::cache::MicroCache;
use crate::config::{Api, Serving};
use crate::consumers::{self, GatewayEvents};
use crate::queues::{Queues, ShopQueues};
use crate::routes::{ROUTES, Service};
use crate::signals::{
    self, Announced, CHANNEL, Changes, EdgeSignals, Pace, Poll, Reading, Revocations, SignalStore,
};
use crate::state::{Gateway, Settings};
use crate::upstream::{Upstream, Upstreams, Watch};
use crate::{proxy, server};

/// On Lambda, between two looks for callers to forget.
const TIDY: Duration = Duration::from_secs(30);
/// Messages in work at once.
const CONCURRENCY: usize = 8;
/// The largest body of a Lambda event, in bytes.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

/// Serves until the process is told to end.
///
/// # Errors
/// The identity keys cannot be read, or the address is taken.
pub async fn serve(serving: Serving, listen: Listen, clock: SharedClock) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let names = names(&serving.aws);
    let redis = serving.redis.as_ref().map(|url| Redis::new(url, &names.prefix));
    let mut signals: Arc<dyn SignalStore> = Arc::new(EdgeSignals::new(&sdk, names.of(signals::TABLE)));
    let mut program = Program::new(listen);
    if let Some(redis) = redis.clone().filter(|_| serving.worker) {
        let announcer = Announcer::new(redis, CHANNEL);
        program.work(announcer.clone());
        signals = Arc::new(Announced::new(signals, announcer));
    }
    if serving.worker {
        let settings = ConsumerSettings {
            queue: consumers::QUEUE,
            resource_prefix: names.prefix.clone(),
            concurrency: CONCURRENCY,
        };
        let events = GatewayEvents::new(Arc::clone(&signals), clock.clone());
        program.consume(consume(&sdk, settings, Arc::new(events)));
    }
    if let Some(api) = serving.api {
        let outside = Outside {
            upstreams: Box::pin(upstreams(&api, &Secrets::new(&sdk), &names, &clock)).await?,
            signals,
            limits: cartwright_limits::shared(redis.as_ref(), &sdk, &names.prefix, clock.clone()),
            queues: Arc::new(ShopQueues::new(&sdk, &names)),
            redis,
        };
        return serve_api(program, listen, api, outside, clock).await;
    }
    let queue = QueueCheck::new(&sdk, &names.prefix, consumers::QUEUE);
    let mut health = Health::new(program.readiness());
    if let Some(redis) = redis {
        health = health.helpful("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        });
    }
    let health = health.helpful("queue", move || {
        let queue = queue.clone();
        async move { queue.check().await }
    });
    program.serve(health.routes()).await
}

/// What requests are asked of and counted by.
struct Outside {
    upstreams: Upstreams,
    signals: Arc<dyn SignalStore>,
    limits: Arc<dyn SharedLimits>,
    queues: Arc<dyn Queues>,
    redis: Option<Redis>,
}

async fn serve_api(
    mut program: Program,
    listen: Listen,
    api: Api,
    outside: Outside,
    clock: SharedClock,
) -> anyhow::Result<()> {
    let Outside { upstreams, signals, limits, queues, redis } = outside;
    let paces = [Pace::default(), Pace::default()];
    // Of a function there are as many as there are requests, and nothing runs between them.
    let megabytes = if listen.lambda { 0 } else { u64::from(api.cache_megabytes) };
    let cache = Arc::new(MicroCache::new(megabytes * 1024 * 1024));
    if cache.is_on() {
        let pace = paces[0].clone();
        program.work(Changes::new(Arc::clone(&signals), clock.clone(), Arc::clone(&cache), pace));
    }
    let reading = if listen.lambda { Reading::BeforeUse } else { Reading::Beside };
    let revocations = Arc::new(Revocations::new(signals, clock.clone(), reading));
    program.work(Poll { revocations: Arc::clone(&revocations), pace: paces[1].clone() });
    if let Some(redis) = redis.filter(|_| !listen.lambda) {
        program.work(signals::listener(redis, paces));
    }
    program.work(Watch(upstreams.clone()));
    let measured = upstreams.clone();
    metrics::on_read(move || measured.measure());
    let gateway = Gateway::new(Settings {
        app_env: listen.app_env,
        routes: &ROUTES,
        upstreams,
        issuer: api.issuer,
        audience: api.audience,
        clock,
        rate_limit_scale: api.rate_limit_scale,
        revocations,
        trusted_proxies: api.trusted_proxies,
        origins: api.origins,
        shared_limits: limits,
        cache,
        readiness: program.readiness(),
        queues,
    });
    program.work(gateway.notes());
    program.work(Tidy { gateway: Arc::clone(&gateway), last: Mutex::new(Instant::now()) });
    let invoked = Arc::clone(&gateway);
    let service = tower::service_fn(move |request: Request| {
        let gateway = Arc::clone(&invoked);
        async move { Ok(answer(&gateway, request).await) }
    });
    program
        .serve_with(service, async move |listener, stop| {
            server::serve(listener, gateway, stop).await;
            Ok(())
        })
        .await
}

fn names(aws: &AwsSettings) -> Names {
    Names {
        prefix: aws.resource_prefix.clone(),
        secrets_prefix: aws.secrets_prefix.clone(),
        region: aws.region.clone(),
        account_id: aws.account_id.clone(),
    }
}

/// Answers a Lambda event. Its body is here already, so nothing is streamed.
async fn answer(gateway: &Gateway, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<Invoked>().and_then(|invoked| invoked.peer);
    let Ok(bytes) = axum::body::to_bytes(body, LARGEST_EVENT).await else {
        return Problem::of_status(http::StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    proxy::handle(gateway, peer, parts, Upload::whole(bytes)).await.map(Body::new)
}

/// Forgets callers whose limits are whole again, and waits for what runs beside requests where the process is frozen.
struct Tidy {
    gateway: Arc<Gateway>,
    last: Mutex<Instant>,
}

#[async_trait]
impl Work for Tidy {
    fn name(&self) -> &'static str {
        "limits"
    }

    async fn run(&self, stop: CancellationToken) {
        self.gateway.limits().tidy(stop).await;
    }

    async fn once(&self) -> Result<(), BoxError> {
        self.gateway.limits().forget();
        Ok(())
    }

    async fn after_invocation(&self) {
        self.gateway.identities.settle().await;
        let due = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let due = last.elapsed() >= TIDY;
            if due {
                *last = Instant::now();
            }
            due
        };
        if due {
            self.gateway.limits().forget();
        }
    }
}

async fn upstreams(
    api: &Api,
    secrets: &Secrets,
    names: &Names,
    clock: &SharedClock,
) -> anyhow::Result<Upstreams> {
    let upstream = async |service: Service| {
        let name = names.secret(&format!("identity/{}", service.name()));
        let keys: RotatingKeys = secrets.get(&name).await?;
        let keys = AudienceKeys::try_from(&keys).with_context(|| format!("secret {name}"))?;
        let addresses = api.services[service as usize].clone();
        anyhow::Ok(Upstream::new(service, addresses, keys, clock.clone()))
    };
    let [user, product, order, notification] = Service::ALL.map(upstream);
    let (user, product, order, notification) = tokio::try_join!(user, product, order, notification)?;
    Ok(Upstreams::new([user, product, order, notification], api.upstream_concurrency.get()))
}
