//! Stripe: Payment Intents. What a webhook says is never believed: the intent is read.
//!
//! The payment's id is the idempotency key of its intent and stands in the intent's metadata, so that an intent whose creation
//! was answered to nobody is found again. A refund's id is the key of the refund, and stands in its metadata too.

mod api;
mod event;
mod objects;
mod provider;
mod reading;
mod settings;
pub mod signature;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use cartwright_types::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OnceCell};

use self::api::{Api, ApiError, Form};
use self::objects::{Account, Dispute, Intent, List, Listed, Refund};
use super::{Mismatch, PaymentRequest, ProviderError, ProviderPayment, ProviderStatus};

pub use api::API_VERSION;
pub use event::StripeEvent;
pub use settings::StripeSettings;

/// The name of the provider.
pub const STRIPE: &str = "stripe";
const INTENTS: &str = "/v1/payment_intents";
/// A payment that is older than this when it is created may have been created before: it is looked for first. Younger ones
/// are safe by their idempotency key alone.
const FIRST_TRY: TimeDelta = TimeDelta::seconds(5);
/// How far Stripe's clock and ours may be apart, when intents are looked for by their time.
const CLOCKS_APART: TimeDelta = TimeDelta::hours(1);
/// Pages of 100 intents that are looked through at most.
const PAGES: usize = 50;
/// How long an answer about Stripe's health counts.
const HEALTH_REMEMBERED: Duration = Duration::from_secs(30);

/// The provider.
pub struct StripeProvider {
    api: Api,
    settings: StripeSettings,
    shop: String,
    clock: SharedClock,
    account: OnceCell<String>,
    health: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl StripeProvider {
    /// The provider for the account of `settings`; `shop` stands in the metadata.
    ///
    /// # Panics
    /// When the HTTP client cannot be built, which its fixed configuration rules out.
    #[must_use]
    pub fn new(settings: StripeSettings, shop: String, clock: SharedClock) -> Self {
        let (account, health) = (OnceCell::new(), Mutex::default());
        Self { api: Api::new(&settings), settings, shop, clock, account, health }
    }

    /// What it was made with.
    #[must_use]
    pub const fn settings(&self) -> &StripeSettings {
        &self.settings
    }

    /// Whether Stripe answers to our key; asked every half minute at most.
    ///
    /// # Errors
    /// Why not, for the log.
    pub async fn ping(&self) -> Result<(), String> {
        let mut health = self.health.lock().await;
        if let Some((asked, answer)) = health.as_ref()
            && asked.elapsed() < HEALTH_REMEMBERED
        {
            return answer.clone();
        }
        let answer = match self.api.get::<Account>("/v1/account", &[]).await {
            // A restricted key, or an emulator, may not show the account: they answer.
            Err(ApiError::Refused { status, .. }) if status != StatusCode::UNAUTHORIZED => Ok(()),
            answer => answer.map(drop).map_err(|error| cartwright_runtime::chain(&error)),
        };
        *health = Some((Instant::now(), answer.clone()));
        answer
    }

    /// The key must be of the account that is configured; asked once.
    async fn check_account(&self) -> Result<(), ProviderError> {
        let Some(expected) = &self.settings.account else { return Ok(()) };
        let ask = async || Ok::<_, ApiError>(self.api.get::<Account>("/v1/account", &[]).await?.id);
        let account = self.account.get_or_try_init(ask).await?;
        if account == expected {
            return Ok(());
        }
        Err(ProviderError("STRIPE_SECRET_KEY is of another account than STRIPE_ACCOUNT".into()))
    }

    /// The intent of a payment, by its id or by what its metadata says.
    async fn find(&self, request: &PaymentRequest) -> Result<Option<Intent>, ProviderError> {
        let Some(id) = &request.provider_ref else { return Ok(self.search(request).await?) };
        match self.api.get(&format!("{INTENTS}/{id}"), &[("expand[]", "latest_charge")]).await {
            Ok(intent) => Ok(Some(intent)),
            Err(ApiError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks through the intents since the payment was made, newest first.
    async fn search(&self, request: &PaymentRequest) -> Result<Option<Intent>, ApiError> {
        let (wanted, since) = (request.id.to_string(), (request.created_at - CLOCKS_APART).timestamp());
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let mut query = vec![("limit", "100"), ("expand[]", "data.latest_charge")];
            if let Some(after) = &after {
                query.push(("starting_after", after));
            }
            let page: List<Intent> = self.api.get(INTENTS, &query).await?;
            let last = page.data.last().cloned();
            let mine = |intent: &Intent| intent.metadata.get("payment_id") == Some(&wanted);
            if let Some(found) = page.data.into_iter().find(mine) {
                return Ok(Some(found));
            }
            match last {
                Some(last) if page.has_more && last.created >= since => after = Some(last.id),
                _ => return Ok(None),
            }
        }
        Err(ApiError::TooMany)
    }

    fn description(&self, request: &PaymentRequest) -> Form {
        vec![
            ("amount", request.amount.amount.to_string()),
            ("currency", request.amount.currency.code().to_ascii_lowercase()),
            ("metadata[order_id]", request.order_id.to_string()),
            ("metadata[payment_id]", request.id.to_string()),
            ("metadata[shop]", self.shop.clone()),
            ("expand[]", "latest_charge".to_owned()),
        ]
    }

    /// The parameters must be the same whenever a payment is created: its key stands for them.
    fn creation(&self, request: &PaymentRequest) -> Form {
        let mut form = self.description(request);
        if request.manual_capture {
            form.push(("capture_method", "manual".to_owned()));
        }
        if !request.token.is_empty() {
            // Confirmed here and now. The dashboard's other methods may send the buyer elsewhere: those are for the browser.
            form.push(("payment_method", request.token.clone()));
            form.push(("payment_method_types[]", "card".to_owned()));
            form.push(("confirm", "true".to_owned()));
        }
        form
    }

    /// An intent that nobody can pay, under the key of the payment: whoever creates the payment later is refused by Stripe,
    /// for the key is used. `None`: Stripe takes no such payment, now or later.
    async fn burn_key(&self, request: &PaymentRequest) -> Result<Option<Intent>, ProviderError> {
        let key = request.id.to_string();
        match self.api.post(INTENTS, &self.description(request), Some(&key)).await {
            Ok(answer) => Ok(Some(answer.object)),
            Err(error) if error.is_final() => match self.search(request).await? {
                None if error.is_about_the_key() => Err(error.into()),
                found => Ok(found),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Cancels, or reads what is there when that is not possible any more.
    async fn cancel_intent(&self, request: &PaymentRequest, intent: Intent) -> Result<Intent, ProviderError> {
        if matches!(intent.status.as_str(), "canceled" | "succeeded") {
            return Ok(intent);
        }
        let form = vec![("expand[]", "latest_charge".to_owned())];
        // Without a key: cancelling may be repeated, and a refusal must not be remembered.
        match self.api.post(&format!("{}/{}/cancel", INTENTS, intent.id), &form, None).await {
            Ok(answer) => Ok(answer.object),
            Err(ApiError::Refused { .. }) => self.reread(request, &intent.id).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn reread(&self, request: &PaymentRequest, id: &str) -> Result<Intent, ProviderError> {
        let request = PaymentRequest { provider_ref: Some(id.to_owned()), ..request.clone() };
        self.find(&request).await?.ok_or_else(|| ProviderError("the intent is gone".into()))
    }

    /// What an intent means for the payment. One that was declined is cancelled before that is said: the buyer may hold its
    /// secret and must not be able to pay what we take for failed.
    async fn seen(&self, request: &PaymentRequest, intent: Intent) -> Result<ProviderPayment, ProviderError> {
        let intent = if reading::is_declined(request, &intent) {
            self.cancel_intent(request, intent).await?
        } else {
            intent
        };
        let mut payment = self.read(request, &intent);
        if payment.facts.mismatch == Some(Mismatch::Identity) {
            return Ok(payment);
        }
        let charge = intent.charge();
        let is_refunded = charge.is_some_and(|charge| charge.amount_refunded > 0) || request.has_refunds;
        if is_refunded && payment.status == ProviderStatus::Captured {
            payment.facts.refunds = self.refunds(&intent.id).await?.iter().map(reading::refund).collect();
        }
        if charge.is_some_and(|charge| charge.disputed) {
            let query = [("payment_intent", intent.id.as_str()), ("limit", "100")];
            let disputes: List<Dispute> = self.api.get("/v1/disputes", &query).await?;
            payment.facts.disputed = reading::disputed(&disputes.data);
        }
        Ok(payment)
    }

    /// What a list has since a time, newest first.
    async fn since<T: DeserializeOwned + Listed>(
        &self,
        path: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<T>, ApiError> {
        let mut all: Vec<T> = Vec::new();
        loop {
            let mut query = vec![("limit", "100")];
            let after = all.last().map(|last| last.id().to_owned());
            if let Some(after) = &after {
                query.push(("starting_after", after));
            }
            let page: List<T> = self.api.get(path, &query).await?;
            let is_last =
                !page.has_more || page.data.last().is_none_or(|last| last.created() < since.timestamp());
            all.extend(page.data);
            if is_last {
                all.retain(|seen| seen.created() >= since.timestamp());
                return Ok(all);
            }
        }
    }

    async fn refunds(&self, intent: &str) -> Result<Vec<Refund>, ApiError> {
        let mut all: Vec<Refund> = Vec::new();
        loop {
            let mut query = vec![("payment_intent", intent), ("limit", "100")];
            let after = all.last().map(|refund| refund.id.clone());
            if let Some(after) = &after {
                query.push(("starting_after", after));
            }
            let page: List<Refund> = self.api.get("/v1/refunds", &query).await?;
            let is_last = !page.has_more || page.data.is_empty();
            all.extend(page.data);
            if is_last {
                return Ok(all);
            }
        }
    }
}
