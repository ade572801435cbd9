//! What the shop's account at Stripe is.

use std::fmt;

/// The account and how to reach it. `Debug` shows no secret.
#[derive(Clone)]
pub struct StripeSettings {
    /// `STRIPE_BASE_URL`: without `/v1`; may have a path.
    pub base_url: String,
    /// `STRIPE_SECRET_KEY`
    pub secret_key: String,
    /// `STRIPE_WEBHOOK_SECRET`: one, or two while one takes the other's place. None: no webhooks, the reconciler looks.
    pub webhook_secrets: Vec<String>,
    /// `STRIPE_PUBLISHABLE_KEY`: for the buyer's browser.
    pub publishable_key: Option<String>,
    /// `STRIPE_ACCOUNT`: the account that the key must be of.
    pub account: Option<String>,
}

impl StripeSettings {
    /// Whether the key moves real money.
    #[must_use]
    pub fn is_live(&self) -> bool {
        ["sk_live_", "rk_live_"].iter().any(|kind| self.secret_key.starts_with(kind))
    }
}

impl fmt::Debug for StripeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeSettings")
            .field("base_url", &self.base_url)
            .field("account", &self.account)
            .field("webhook_secrets", &self.webhook_secrets.len())
            .finish_non_exhaustive()
    }
}
