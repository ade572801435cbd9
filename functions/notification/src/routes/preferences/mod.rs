//! `/notifications/preferences`: what one wants to hear about, and how.

pub(super) mod replace;
pub(super) mod show;
pub(in crate::routes) mod view;

use axum::http::HeaderValue;
use cartwright_types::UserId;
use cartwright_web::{Problem, etag};

use crate::clients::ContactError;
use crate::db::Said;
use crate::domain::Preferences;
use crate::error;
use crate::state::State;

/// What somebody has said, over what is usual: marketing as they agreed when they were asked by the user service.
async fn of(state: &State, user: UserId) -> Result<(Said, Preferences), Problem> {
    let said = state.wishes.of(user).await.map_err(|error| error::store(&error))?;
    let consent = if said.is_whole() {
        false
    } else {
        match state.contacts.of(user.into()).await {
            Ok(reach) => reach.marketing_consent,
            Err(ContactError::Nobody) => false,
            Err(error @ ContactError::Unavailable(_)) => {
                tracing::warn!(error = cartwright_runtime::chain(&error), "the user service does not answer");
                return Err(Problem::unavailable());
            }
        }
    };
    let preferences = said.over(Preferences::standard(consent));
    Ok((said, preferences))
}

/// Covers what is shown, which what was not said may change.
fn tag(version: i64, preferences: &Preferences) -> HeaderValue {
    etag::strong(&format!("{version}-{:03x}", preferences.bits()))
}
