//! Preferences, as they are sent and shown.

use cartwright_web::rules;
use cartwright_web::{Fields, FromFields};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Preferences, Ways};

/// What one wants to hear about, and how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preferences)]
pub struct PreferencesView {
    categories: CategoriesView,
}

/// Each with the ways it is wanted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreferenceCategories)]
struct CategoriesView {
    /// Orders and what becomes of them.
    orders: WaysView,
    /// The account; its safety apart, of which one always hears.
    account: WaysView,
    /// What is to sell. Nothing is sent without `marketing_opt_in` of the account.
    marketing: WaysView,
}

/// The ways.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreferenceChannels)]
struct WaysView {
    email: bool,
    sms: bool,
    push: bool,
}

impl From<Ways> for WaysView {
    fn from(Ways { email, sms, push }: Ways) -> Self {
        Self { email, sms, push }
    }
}

impl From<Preferences> for PreferencesView {
    fn from(preferences: Preferences) -> Self {
        let Preferences { orders, account, marketing } = preferences;
        let categories =
            CategoriesView { orders: orders.into(), account: account.into(), marketing: marketing.into() };
        Self { categories }
    }
}

/// What one wants; what is absent is as usual.
#[derive(ToSchema)]
#[schema(as = PreferencesInput)]
#[expect(dead_code, reason = "only described; Wanted is what is read")]
pub struct DescribedPreferences {
    categories: DescribedCategories,
}

#[derive(ToSchema)]
#[schema(as = PreferenceCategoriesInput)]
#[expect(dead_code, reason = "only described; Wanted is what is read")]
struct DescribedCategories {
    orders: Option<DescribedWays>,
    account: Option<DescribedWays>,
    marketing: Option<DescribedWays>,
}

#[derive(ToSchema)]
#[schema(as = PreferenceChannelsInput)]
#[expect(dead_code, reason = "only described; Wanted is what is read")]
struct DescribedWays {
    email: Option<bool>,
    sms: Option<bool>,
    push: Option<bool>,
}

/// What one wants; None: as usual.
#[derive(Default)]
pub struct Wanted([WantedWays; 3]);

#[derive(Default)]
struct WantedWays {
    email: Option<bool>,
    sms: Option<bool>,
    push: Option<bool>,
}

impl Wanted {
    /// Over what is usual.
    pub fn over(&self, usual: Preferences) -> Preferences {
        let [orders, account, marketing] = &self.0;
        Preferences {
            orders: orders.over(usual.orders),
            account: account.over(usual.account),
            marketing: marketing.over(usual.marketing),
        }
    }
}

impl WantedWays {
    fn over(&self, usual: Ways) -> Ways {
        Ways {
            email: self.email.unwrap_or(usual.email),
            sms: self.sms.unwrap_or(usual.sms),
            push: self.push.unwrap_or(usual.push),
        }
    }
}

/// The body: `{"categories": {…}}`.
pub struct WantedBody(pub Wanted);

impl FromFields for WantedBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.object("categories").map(Self)
    }
}

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let orders = fields.optional_object::<WantedWays>("orders");
        let account = fields.optional_object::<WantedWays>("account");
        let marketing = fields.optional_object::<WantedWays>("marketing");
        Some(Self([
            orders?.unwrap_or_default(),
            account?.unwrap_or_default(),
            marketing?.unwrap_or_default(),
        ]))
    }
}

impl FromFields for WantedWays {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.optional("email", rules::boolean);
        let sms = fields.optional("sms", rules::boolean);
        let push = fields.optional("push", rules::boolean);
        Some(Self { email: email?, sms: sms?, push: push? })
    }
}
