//! `GET /internal/users/{id}/export`

use axum::Json;
use axum::extract;
use cartwright_types::UserId;
use cartwright_web::{PathId, Problem, ServiceCall};

use crate::state::State;
use crate::usecases::export_user::{self, UserExport};

/// 200 with everything held about the user, of whom nothing need be known; scope `export`.
pub async fn handle(
    extract::State(state): extract::State<State>,
    call: ServiceCall,
    PathId(id): PathId<UserId>,
) -> Result<Json<UserExport>, Problem> {
    call.require("export")?;
    Ok(Json(export_user::export(&state, id).await?))
}
