//! The environment, typed.

use std::num::NonZeroUsize;
use std::str::FromStr;

use cartwright_redis::RedisUrl;
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{AppEnv, Env, Listen};
use http::uri::Authority;

use crate::client::TrustedProxies;
use crate::cors::Origins;
use crate::routes::Service;
use cartwright_limits::Scale;

/// `PORT` when it is not set.
pub const PORT: u16 = 8000;
/// `UPSTREAM_CONCURRENCY` when it is not set: far more than a service works on at once, far less than would make it wait for
/// memory.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not nothing");
/// `CACHE_MEGABYTES` when it is not set.
const CACHE: u32 = 32;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "migrate"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Requests and the queue in one process.
    All,
    /// Requests only.
    Api,
    /// The queue only; answers health checks.
    Worker,
    /// Ends at once: there is no schema. Every service answers to this role, so that a deploy treats all alike.
    Migrate,
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            "migrate" => Ok(Self::Migrate),
            _ => Err("use all, api, worker or migrate"),
        }
    }
}

/// Everything the gateway reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// None for a role that ends by itself.
    pub serving: Option<Serving>,
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
    pub aws: AwsSettings,
    /// `REDIS_URL`
    pub redis: Option<RedisUrl>,
    /// None for `ROLE=worker`.
    pub api: Option<Api>,
    /// False for `ROLE=api`.
    pub worker: bool,
}

/// What requests need.
#[derive(Debug)]
pub struct Api {
    /// `{USER,PRODUCT,ORDER,NOTIFICATION}_SERVICE_URL`, in the order of [`Service::ALL`].
    pub services: [Vec<Authority>; 4],
    /// `JWT_ISSUER`
    pub issuer: String,
    /// `JWT_AUDIENCE`
    pub audience: String,
    /// `RATE_LIMIT_SCALE`
    pub rate_limit_scale: Scale,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: TrustedProxies,
    /// `CORS_ORIGINS`
    pub origins: Origins,
    /// `UPSTREAM_CONCURRENCY`: requests in flight to one address of a service, at most.
    pub upstream_concurrency: NonZeroUsize,
    /// `CACHE_MEGABYTES`: what is kept of the public catalogue, at most; 0: nothing.
    pub cache_megabytes: u32,
}

impl Config {
    /// Reads it; what is wrong is kept in `env`.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, PORT);
        let (role, app_env) = (env.or("ROLE", Role::All), listen.app_env);
        Self { listen, serving: (role != Role::Migrate).then(|| Serving::from_env(role, env, app_env)) }
    }
}

impl Serving {
    fn from_env(role: Role, env: &mut Env, app_env: AppEnv) -> Self {
        Self {
            aws: AwsSettings::from_env(env),
            redis: RedisUrl::from_env(env, app_env),
            api: (role != Role::Worker).then(|| Api::from_env(env)),
            worker: role != Role::Api,
        }
    }
}

impl Api {
    fn from_env(env: &mut Env) -> Self {
        Self {
            services: Service::ALL.map(|service| authorities(env, service.url_variable())),
            issuer: env.required("JWT_ISSUER"),
            audience: env.required("JWT_AUDIENCE"),
            rate_limit_scale: env.or("RATE_LIMIT_SCALE", Scale::default()),
            trusted_proxies: env.or("TRUSTED_PROXIES", TrustedProxies::default()),
            origins: env.or("CORS_ORIGINS", Origins::default()),
            upstream_concurrency: env.or("UPSTREAM_CONCURRENCY", CONCURRENCY),
            cache_megabytes: env.or("CACHE_MEGABYTES", CACHE),
        }
    }
}

/// The addresses behind one variable. They are private endpoints, so plain HTTP; and bare, because a path before the
/// service's own would make the route table say less than the truth.
fn authorities(env: &mut Env, name: &str) -> Vec<Authority> {
    let urls = env.urls(name);
    let parsed: Vec<Authority> =
        urls.iter().filter_map(|url| url.strip_prefix("http://")?.parse().ok()).collect();
    if parsed.len() != urls.len() || parsed.iter().any(|authority| authority.as_str().contains('@')) {
        env.problem(format!("{name} is malformed: each address is http://host:port, without a path"));
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: [(&str, &str); 4] = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCOUNT_ID", "000000000000"),
        ("RESOURCE_PREFIX", "cartwright-test-"),
        ("SECRETS_PREFIX", "cartwright/test/"),
    ];

    fn read(extra: &[(&'static str, &'static str)]) -> Result<Config, String> {
        let base = [
            ("APP_ENV", "test"),
            ("USER_SERVICE_URL", "http://127.0.0.1:8001"),
            ("PRODUCT_SERVICE_URL", "http://127.0.0.1:8002/, http://127.0.0.1:9002"),
            ("ORDER_SERVICE_URL", "http://127.0.0.1:8003"),
            ("NOTIFICATION_SERVICE_URL", "http://127.0.0.1:8004"),
            ("JWT_ISSUER", "http://127.0.0.1:8000"),
            ("JWT_AUDIENCE", "cartwright"),
        ];
        let mut env = Env::from_pairs(base.into_iter().chain(AWS).chain(extra.iter().copied()));
        let config = Config::from_env(&mut env);
        env.finish().map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_of_addresses_is_several_upstreams() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.address.to_string(), "127.0.0.1:8000");
        let services = config.serving.unwrap().api.unwrap().services;
        assert_eq!(services.map(|addresses| addresses.len()), [1, 2, 1, 1]);
    }

    #[test]
    fn a_role_says_what_a_process_does_and_the_default_is_all_of_it() {
        for (role, expected) in [("", (true, true)), ("all", (true, true)), ("api", (true, false))] {
            let serving = read(&[("ROLE", role)]).unwrap().serving.unwrap();
            assert_eq!((serving.api.is_some(), serving.worker), expected, "{role}");
        }
        assert!(read(&[("ROLE", "cook")]).unwrap_err().contains("ROLE is malformed"));
    }

    #[test]
    fn a_worker_needs_aws_and_nothing_of_what_requests_need() {
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("ROLE", "worker")].into_iter().chain(AWS));
        let serving = Config::from_env(&mut env).serving.unwrap();
        assert!(serving.api.is_none() && serving.worker);
        env.finish().unwrap();
    }

    #[test]
    fn an_address_with_a_path_or_user_or_another_scheme_is_refused() {
        for url in ["http://127.0.0.1:1/api", "https://127.0.0.1:1", "http://a@127.0.0.1:1", "http://a b"] {
            let error = read(&[("ORDER_SERVICE_URL", url)]).unwrap_err();
            assert!(error.contains("ORDER_SERVICE_URL is malformed"), "{url}: {error}");
        }
    }

    #[test]
    fn a_migration_needs_nothing() {
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("ROLE", "migrate")]);
        assert!(Config::from_env(&mut env).serving.is_none());
        env.finish().unwrap();
    }

    #[test]
    fn the_scale_of_the_limits_is_a_positive_number() {
        for good in ["1", "20", "0.5"] {
            read(&[("RATE_LIMIT_SCALE", good)]).unwrap();
        }
        for bad in ["0", "-1", "many", "inf", "NaN"] {
            assert!(read(&[("RATE_LIMIT_SCALE", bad)]).unwrap_err().contains("RATE_LIMIT_SCALE"), "{bad}");
        }
    }
}
