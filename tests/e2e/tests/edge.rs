//! Two gateways, and two instances of every service, as one shop.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cartwright_types::{SystemClock, new_uuid};
use e2e::{Api, Shopper};
use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use localstack::redis::Redis;
use localstack::{Another, Options, Service, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

const SERVICES: [Service; 4] = [Service::User, Service::Product, Service::Order, Service::Notification];

/// The quota of writes, a minute.
const WRITES: usize = 60;

/// Two gateways of one shop, and somebody who is signed in.
struct Pair {
    stack: Stack,
    second: Another,
    apis: [Api; 2],
    shopper: Shopper,
}

impl Pair {
    async fn start(options: Options) -> Self {
        let options = options.without_catalogue().set("RATE_LIMIT_SCALE", "1");
        let stack = Stack::start(options).await.unwrap();
        let mut second = Another::of(Service::ApiGateway).unwrap();
        second.start(&stack).await.unwrap();
        let apis = [Api::new(&stack.base_url()), Api::new(&second.url())];
        let mailbox = stack.mailbox().await.unwrap();
        let shopper = Shopper::join(&apis[0], mailbox.as_ref()).await.unwrap();
        Self { stack, second, apis, shopper }
    }

    async fn stop(mut self) {
        self.second.terminate().await;
        self.stack.stop().await.unwrap();
    }

    /// As the shopper, by one of the gateways.
    async fn send(&self, gateway: usize, method: Method, path: &str, body: &Value) -> u16 {
        let bearer = format!("Bearer {}", self.shopper.token.as_ref().unwrap());
        let headers = [("authorization", bearer.as_str())];
        self.apis[gateway].send(method, path, &headers, body).await.unwrap().status
    }

    async fn write(&self, at: usize) -> u16 {
        let body = json!({ "sku": "NOBODY-HAS-THIS", "quantity": 1 });
        self.send(at % 2, Method::POST, "/cart/items", &body).await
    }

    /// Writes by both at once come to one quota.
    async fn share_a_limit(&self) {
        // Whatever comes in while the quota fills up again is not what is asked about.
        let started = Instant::now();
        let writes = stream::iter(0..3 * WRITES).map(|at| self.write(at));
        let statuses: Vec<u16> = writes.buffer_unordered(8).collect().await;
        let allowed = statuses.iter().filter(|status| **status != 429).count();
        let refilled = usize::try_from(started.elapsed().as_secs()).unwrap() + 1;
        println!(
            "{allowed} of {} writes let in, the quota is {WRITES}, {refilled} came back",
            statuses.len()
        );
        assert!(allowed >= WRITES * 95 / 100, "{allowed}");
        assert!(allowed <= WRITES * 105 / 100 + refilled, "{allowed}, {refilled}");
    }

    /// Signs out everywhere; how long the token then still works at one of them.
    async fn sign_out(&self) -> Duration {
        // Reads are each gateway's own, so asking costs nothing of the quota.
        for gateway in 0..2 {
            assert_eq!(self.send(gateway, Method::GET, "/users/me", &Value::Null).await, 200);
        }
        assert_eq!(self.send(0, Method::POST, "/auth/logout-all", &Value::Null).await, 204);
        let ended = Instant::now();
        for gateway in 0..2 {
            loop {
                let status = self.send(gateway, Method::GET, "/users/me", &Value::Null).await;
                if status == 401 {
                    break;
                }
                assert!(ended.elapsed() < Duration::from_secs(5), "{status} after {:?}", ended.elapsed());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let took = ended.elapsed();
        println!("revoked everywhere after {took:?}");
        took
    }

    /// A figure of the first gateway.
    async fn figure(&self, series: &str) -> u64 {
        let url = format!("{}/metrics", self.stack.admin_url(Service::ApiGateway));
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
        value.unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_share_a_limit_and_hear_of_a_session_that_is_over() {
    let pair = Pair::start(Options::from_env().unwrap()).await;
    pair.share_a_limit().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    pair.sign_out().await;
    pair.stop().await;
}

const SHARED: &str = "rate_limit_shared_total{outcome=\"shared\"}";
const LOCAL: &str = "rate_limit_shared_total{outcome=\"local\"}";
const LISTENING: &str = "redis_listening{channel=\"edge-signals\"}";

#[tokio::test(flavor = "multi_thread")]
async fn by_redis_they_do_so_at_once_and_when_it_dies_everything_goes_on_without() {
    let Some(mut redis) = Redis::for_a_test().await.unwrap() else { return };
    let mut options = Options::from_env().unwrap();
    options.redis_url = Some(redis.url());
    let mut pair = Pair::start(options).await;
    pair.share_a_limit().await;
    assert_eq!(pair.figure(LOCAL).await, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(pair.sign_out().await);
        tokio::time::sleep(Duration::from_secs(2)).await;
        pair.shopper.login().await.unwrap();
    }
    times.sort();
    // The event's way to the gateway included. Of five by polling alone, three within half a second are one in ten.
    assert!(times[2] < Duration::from_millis(500), "{times:?}");

    redis.kill();
    let before = pair.figure(LOCAL).await;
    for at in 0..10 {
        assert_ne!(pair.write(at).await, 503);
    }
    assert!(pair.figure(LOCAL).await > before, "counted by each for itself");
    tokio::time::sleep(Duration::from_secs(3)).await;
    pair.sign_out().await;
    assert_eq!(pair.figure(LISTENING).await, 0);

    redis.restart().await.unwrap();
    pair.shopper.login().await.unwrap();
    let (shared, started) = (pair.figure(SHARED).await, Instant::now());
    while pair.figure(SHARED).await < shared + 2 || pair.figure(LISTENING).await < 1 {
        assert!(started.elapsed() < Duration::from_secs(30), "Redis is back, and not used");
        pair.write(0).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    pair.stop().await;
    redis.stop().await;
}

/// What the public's load balancer does: it asks each gateway whether it is ready, and sends requests to those that are.
struct Balancer {
    gateways: Vec<(Api, AtomicBool)>,
    next: AtomicUsize,
}

impl Balancer {
    fn new(urls: &[String]) -> Arc<Self> {
        let gateways = urls.iter().map(|url| (Api::new(url), AtomicBool::new(true))).collect();
        Arc::new(Self { gateways, next: AtomicUsize::new(0) })
    }

    fn watch(self: &Arc<Self>) -> JoinHandle<()> {
        let balancer = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                for (api, ready) in &balancer.gateways {
                    let answer = api.send(Method::GET, "/health/ready", &[], &Value::Null).await;
                    ready.store(answer.is_ok_and(|answer| answer.status == 200), Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        })
    }

    fn choose(&self) -> &Api {
        let first = self.next.fetch_add(1, Ordering::SeqCst);
        let in_turn = (0..self.gateways.len()).map(|at| &self.gateways[(first + at) % self.gateways.len()]);
        let ready = in_turn.clone().find(|(_, ready)| ready.load(Ordering::SeqCst));
        &ready.unwrap_or_else(|| in_turn.clone().next().unwrap()).0
    }
}

/// Method, path, headers and body.
type Call<'a> = (Method, &'a str, &'a [(&'a str, &'a str)], &'a Value);

/// Reads and writes, with keys and without, until told to stop; how many there were, and what went wrong.
async fn load(
    balancer: Arc<Balancer>,
    bearer: String,
    stop: Arc<AtomicBool>,
    failed: Arc<Mutex<Vec<String>>>,
) -> usize {
    let headers = [("authorization", bearer.as_str())];
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        let key = new_uuid(&SystemClock).to_string();
        let keyed = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
        let address = json!({"name": "Ada", "line1": "Wagnerstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"});
        let item = json!({ "sku": "NOBODY-HAS-THIS", "quantity": 1 });
        let calls: [Call<'_>; 6] = [
            (Method::GET, "/products?limit=1", &[], &Value::Null),
            (Method::GET, "/users/me", &headers, &Value::Null),
            (Method::GET, "/orders?limit=1", &headers, &Value::Null),
            (Method::GET, "/notifications/history?limit=1", &headers, &Value::Null),
            (Method::POST, "/cart/items", &headers, &item),
            (Method::POST, "/users/me/addresses", &keyed, &address),
        ];
        for (method, path, headers, body) in calls {
            let answer = balancer.choose().send(method.clone(), path, headers, body).await;
            count += 1;
            match answer {
                Ok(answer) if answer.status < 500 => {}
                Ok(answer) => {
                    failed.lock().await.push(format!("{method} {path}: {} {}", answer.status, answer.code()));
                }
                Err(error) => failed.lock().await.push(format!("{method} {path}: {error:#}")),
            }
        }
    }
    count
}

/// `EDGE_ROUNDS`: in each, all ten processes are told to end and started again, half of them at a time.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_fails_while_everything_is_restarted_one_half_after_the_other() {
    let rounds: usize = std::env::var("EDGE_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let options = Options::from_env().unwrap().without_catalogue();
    // What is kept would hide what is asked.
    let options = options.set("CACHE_MEGABYTES", "0").set("LAME_DUCK_SECONDS", "4");
    let mut stack = Stack::prepare(options).await.unwrap();
    let mut others: Vec<Another> =
        Service::ALL.into_iter().map(|service| Another::of(service).unwrap()).collect();
    for another in &others {
        if SERVICES.contains(&another.service()) {
            let both = format!("{},{}", stack.url(another.service()), another.url());
            stack.tell(another.service().url_variable(), Some(&both));
        }
    }
    stack.start_services().await.unwrap();
    for another in &mut others {
        another.start(&stack).await.unwrap();
    }
    let gateway = others.iter().find(|another| another.service() == Service::ApiGateway).unwrap().url();
    let mailbox = stack.mailbox().await.unwrap();
    let shopper = Shopper::join(&Api::new(&stack.base_url()), mailbox.as_ref()).await.unwrap();
    let bearer = format!("Bearer {}", shopper.token.as_ref().unwrap());

    let balancer = Balancer::new(&[stack.base_url(), gateway]);
    let (watch, stop, failed) = (balancer.watch(), Arc::new(AtomicBool::new(false)), Arc::default());
    let clients: Vec<_> = (0..4)
        .map(|_| tokio::spawn(load(balancer.clone(), bearer.clone(), stop.clone(), Arc::clone(&failed))))
        .collect();
    let mut signals = 0;
    for _ in 0..rounds {
        assert!(stack.terminate_all(&Service::ALL).await, "a service had to be killed");
        stack.start_services().await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        let ended = join_all(others.iter_mut().map(Another::terminate)).await;
        assert!(ended.iter().all(|drained| *drained), "a service had to be killed");
        for another in &mut others {
            another.start(&stack).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        signals += 2 * Service::ALL.len();
    }
    stop.store(true, Ordering::SeqCst);
    let mut requests = 0;
    for client in clients {
        requests += client.await.unwrap();
    }
    watch.abort();
    let failed = failed.lock().await;
    println!("{requests} requests, {signals} SIGTERMs, {} failed", failed.len());
    assert!(
        failed.is_empty(),
        "{} of {requests} failed: {:?}",
        failed.len(),
        &failed[..failed.len().min(20)]
    );
    assert!(requests > 100, "{requests}");
    for another in &mut others {
        another.terminate().await;
    }
    stack.stop().await.unwrap();
}
