//! `GET /internal/users/{id}/export`

use axum::Json;
use axum::extract::State as Extract;
use cartwright_types::UserId;
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, ServiceCall};
use serde::Serialize;

use crate::db::{Filter, StoreError};
use crate::domain::Preferences;
use crate::error;
use crate::routes::devices::view::DeviceView;
use crate::routes::preferences::view::PreferencesView;
use crate::routes::suppressions::view::SuppressionView;
use crate::routes::view::NotificationView;
use crate::state::State;

/// Everything held about a user.
#[derive(Serialize)]
pub struct Export {
    /// Newest first.
    notifications: Vec<NotificationView>,
    /// Null: they have never said any.
    preferences: Option<PreferencesView>,
    devices: Vec<DeviceView>,
    suppressions: Vec<SuppressionView>,
}

/// 200 with everything held about the user, of whom nothing need be known; scope `export`.
pub async fn export(
    call: ServiceCall,
    Extract(state): Extract<State>,
    PathId(id): PathId<UserId>,
) -> Answer<Json<Export>> {
    call.require("export")?;
    Ok(Json(Box::pin(gather(&state, id)).await.map_err(|error| error::store(&error))?))
}

async fn gather(state: &State, id: UserId) -> Result<Export, StoreError> {
    let filter = Filter::default();
    let (rows, said, devices, suppressions) = tokio::try_join!(
        state.notifications.of_user(id, &filter, None, usize::MAX),
        state.wishes.of(id),
        state.devices.of_user(id),
        state.suppressions.of_user(id),
    )?;
    Ok(Export {
        notifications: rows.into_iter().map(NotificationView::from).collect(),
        preferences: (said.version > 0).then(|| said.over(Preferences::standard(false)).into()),
        devices: devices.into_iter().map(DeviceView::from).collect(),
        suppressions: suppressions.into_iter().map(SuppressionView::from).collect(),
    })
}
