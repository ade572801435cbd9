//! What every request needs, built once.

use std::sync::Arc;

use axum::Router;
use cartwright_runtime::{AppEnv, Readiness};
use cartwright_types::SharedClock;

use crate::cache::MicroCache;
use crate::client::TrustedProxies;
use crate::connections::Connections;
use crate::cors::Origins;
use crate::identity::Identities;
use crate::limits::Limits;
use crate::pages::{self, Notes, Operators, Traffic};
use crate::queues::Queues;
use crate::routes::Route;
use crate::signals::Revocations;
use crate::upstream::Upstreams;
use cartwright_limits::{Scale, SharedLimits};

/// What a gateway is made of.
pub struct Settings {
    /// `APP_ENV`
    pub app_env: AppEnv,
    /// What leads where: [`crate::routes::ROUTES`].
    pub routes: &'static [Route],
    /// The services.
    pub upstreams: Upstreams,
    /// `JWT_ISSUER`
    pub issuer: String,
    /// `JWT_AUDIENCE`
    pub audience: String,
    /// The time.
    pub clock: SharedClock,
    /// `RATE_LIMIT_SCALE`
    pub rate_limit_scale: Scale,
    /// The sessions whose tokens are refused.
    pub revocations: Arc<Revocations>,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: TrustedProxies,
    /// `CORS_ORIGINS`
    pub origins: Origins,
    /// What all gateways count together.
    pub shared_limits: Arc<dyn SharedLimits>,
    /// What is kept of the catalogue.
    pub cache: Arc<MicroCache>,
    /// Red when the process ends.
    pub readiness: Readiness,
    /// What operators see of the shop's queues.
    pub queues: Arc<dyn Queues>,
}

/// The gateway.
pub struct Gateway {
    pub(crate) app_env: AppEnv,
    pub(crate) routes: &'static [Route],
    pub(crate) upstreams: Upstreams,
    pub(crate) identities: Identities,
    pub(crate) limits: Arc<Limits>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) origins: Origins,
    pub(crate) cache: Arc<MicroCache>,
    pub(crate) connections: Connections,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) pages: Router,
}

impl Gateway {
    /// Puts it together. Makes no call.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        let upstreams = settings.upstreams;
        let limits = Arc::new(Limits::new(settings.rate_limit_scale, settings.shared_limits));
        let (traffic, connections) = (Arc::new(Traffic::new(settings.routes)), Connections::default());
        let operators = Operators {
            upstreams: upstreams.clone(),
            limits: Arc::clone(&limits),
            cache: Arc::clone(&settings.cache),
            connections: connections.clone(),
            traffic: Arc::clone(&traffic),
            queues: settings.queues,
            readiness: settings.readiness.clone(),
            clock: settings.clock.clone(),
        };
        Arc::new(Self {
            app_env: settings.app_env,
            routes: settings.routes,
            identities: Identities::new(
                upstreams.clone(),
                &settings.issuer,
                &settings.audience,
                settings.clock,
                settings.revocations,
            ),
            limits,
            trusted_proxies: settings.trusted_proxies,
            origins: settings.origins,
            cache: settings.cache,
            connections,
            traffic,
            pages: pages::router(upstreams.clone(), settings.readiness, operators),
            upstreams,
        })
    }

    /// The limits, for the task that tidies them.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What writes down the requests of the last minute.
    #[must_use]
    pub fn notes(&self) -> Notes {
        Notes(Arc::clone(&self.traffic))
    }
}
