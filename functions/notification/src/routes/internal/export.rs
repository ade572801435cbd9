//! `GET /internal/users/{id}/export`

use axum::Json;
use axum::extract::State as Extract;
use cartwright_types::UserId;
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, ServiceCall};
use serde::Serialize;

use crate::db::Filter;
use crate::error;
use crate::routes::view::NotificationView;
use crate::state::State;

/// Everything held about a user.
#[derive(Serialize)]
pub struct Export {
    /// Newest first.
    notifications: Vec<NotificationView>,
}

/// 200 with everything held about the user, of whom nothing need be known; scope `export`.
pub async fn export(
    call: ServiceCall,
    Extract(state): Extract<State>,
    PathId(id): PathId<UserId>,
) -> Answer<Json<Export>> {
    call.require("export")?;
    let rows = state.notifications.of_user(id, &Filter::default(), None, usize::MAX).await;
    let rows = rows.map_err(|error| error::store(&error))?;
    Ok(Json(Export { notifications: rows.into_iter().map(NotificationView::from).collect() }))
}
