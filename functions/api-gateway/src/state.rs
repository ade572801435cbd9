//! What every request needs, built once.

use std::sync::Arc;

use axum::Router;
use cartwright_runtime::{AppEnv, Readiness};
use cartwright_types::SharedClock;

use crate::cache::MicroCache;
use crate::client::TrustedProxies;
use crate::cors::Origins;
use crate::identity::Identities;
use crate::limits::Limits;
use crate::pages;
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
}

/// The gateway.
pub struct Gateway {
    pub(crate) app_env: AppEnv,
    pub(crate) routes: &'static [Route],
    pub(crate) upstreams: Upstreams,
    pub(crate) identities: Identities,
    pub(crate) limits: Limits,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) origins: Origins,
    pub(crate) cache: Arc<MicroCache>,
    pub(crate) pages: Router,
}

impl Gateway {
    /// Puts it together. Makes no call.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        let upstreams = settings.upstreams;
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
            limits: Limits::new(settings.rate_limit_scale, settings.shared_limits),
            trusted_proxies: settings.trusted_proxies,
            origins: settings.origins,
            cache: settings.cache,
            pages: pages::router(upstreams.clone(), settings.readiness),
            upstreams,
        })
    }

    /// The limits, for the task that tidies them.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}
