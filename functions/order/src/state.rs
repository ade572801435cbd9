//! What the service is made of, built once and passed down.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use aws_config::SdkConfig;
use cartwright_contracts::commands::ORDER_COMMANDS;
use cartwright_database::Database;
use cartwright_messaging::QueueCheck;
use cartwright_redis::Redis;
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_types::SharedClock;
use cartwright_web::client::InternalClient;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, IdentityVerifier};

use crate::clients::carts::Carts;
use crate::clients::payments::stripe::{STRIPE, StripeProvider};
use crate::clients::payments::{PaymentProvider, TestProvider};
use crate::clients::product::Products;
use crate::clients::storage::InvoiceStore;
use crate::clients::user::Users;
use crate::config::{Serving, Shop};
use crate::domain::token::TokenKeys;

/// Shared by routes, consumers and loops.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// The parts.
pub struct Parts {
    /// The clock.
    pub clock: SharedClock,
    /// PostgreSQL.
    pub database: Database,
    /// Redis, where there is one.
    pub redis: Option<Redis>,
    /// The product service.
    pub products: Products,
    /// The user service.
    pub users: Users,
    /// Carts in DynamoDB.
    pub carts: Carts,
    /// Invoices in S3.
    pub invoices: InvoiceStore,
    /// By name.
    pub providers: HashMap<&'static str, Arc<dyn PaymentProvider>>,
    /// The test provider, where it is configured.
    pub test_provider: Option<TestProvider>,
    /// Stripe, where it is configured.
    pub stripe: Option<Arc<StripeProvider>>,
    /// The shop.
    pub shop: Shop,
    /// How long an unpaid order lives.
    pub order_expiry: chrono::TimeDelta,
    /// Whether SQS answers.
    pub queue: QueueCheck,
    /// What tokens of guests are derived with.
    pub token_keys: TokenKeys,
    /// Checks callers.
    pub verifier: IdentityVerifier,
}

impl std::ops::Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl State {
    /// Wraps the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Builds everything from the configuration; reads four secrets, makes no other call.
    ///
    /// # Errors
    /// A secret cannot be read.
    pub async fn build(
        config: &Serving,
        database: Database,
        redis: Option<Redis>,
        sdk: &SdkConfig,
        clock: SharedClock,
    ) -> Result<Self, anyhow::Error> {
        // Read on another thread while this one makes the clients.
        let keys = tokio::spawn(Keys::read(Secrets::new(sdk), config.aws.secrets_prefix.clone()));
        let resources = &config.aws.resource_prefix;
        let carts = Carts::new(sdk, format!("{resources}carts"), clock.clone());
        let invoices = InvoiceStore::new(sdk, format!("{resources}invoices"));
        let queue = QueueCheck::new(sdk, resources, ORDER_COMMANDS);
        let keys = keys.await.context("reading the identity keys")??;
        let signer = |audience, keys| IdentitySigner::new(audience, keys, clock.clone());
        let test_provider = config
            .payment_providers
            .iter()
            .any(|name| name == "test")
            .then(|| TestProvider::new(database.pool().clone()));
        let mut providers: HashMap<&'static str, Arc<dyn PaymentProvider>> = HashMap::new();
        if let Some(provider) = &test_provider {
            providers.insert("test", Arc::new(provider.clone()));
        }
        let stripe = config
            .stripe
            .clone()
            .map(|settings| Arc::new(StripeProvider::new(settings, config.shop.name.clone(), clock.clone())));
        if let Some(provider) = &stripe {
            providers.insert(STRIPE, provider.clone());
        }
        Ok(Self::new(Parts {
            products: Products::new(InternalClient::new(
                "order",
                config.product_urls.clone(),
                signer("product", keys.product),
            )),
            users: Users::new(InternalClient::new(
                "order",
                config.user_urls.clone(),
                signer("user", keys.user),
            )),
            carts,
            invoices,
            queue,
            providers,
            test_provider,
            stripe,
            shop: config.shop.clone(),
            token_keys: keys.tokens,
            order_expiry: chrono::TimeDelta::from_std(config.order_expiry).unwrap_or(chrono::TimeDelta::MAX),
            verifier: IdentityVerifier::new("order", keys.own, clock.clone()),
            database,
            redis,
            clock,
        }))
    }
}

/// What the service proves itself with, and what others prove themselves with to it.
struct Keys {
    own: AudienceKeys,
    product: AudienceKeys,
    user: AudienceKeys,
    tokens: TokenKeys,
}

impl Keys {
    async fn read(secrets: Secrets, prefix: String) -> Result<Self, anyhow::Error> {
        let key = async |name: &str| -> Result<AudienceKeys, anyhow::Error> {
            let name = format!("{prefix}identity/{name}");
            let keys: RotatingKeys = secrets.get(&name).await?;
            AudienceKeys::try_from(&keys).with_context(|| name)
        };
        let tokens = async {
            let name = format!("{prefix}guest-token-keys");
            let keys: RotatingKeys = secrets.get(&name).await?;
            TokenKeys::try_from(&keys).with_context(|| name)
        };
        let (own, product, user, tokens) =
            tokio::try_join!(key("order"), key("product"), key("user"), tokens)?;
        Ok(Self { own, product, user, tokens })
    }
}
