//! `GET /users/{id}/export`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CONTENT_DISPOSITION, HeaderName};
use cartwright_web::{PathId, Problem, User};
use serde::Serialize;
use serde_json::{Map, Value};

use super::addresses::view::AddressView;
use super::audit::AuditView;
use super::view::UserView;
use super::whom::{UserPath, Whom};
use crate::routes::auth::sessions::SessionView;
use crate::state::State;
use crate::usecases::export_user::{Everything, export_user};

/// The account itself, and what each service adds under names of its own.
#[derive(Serialize)]
pub struct Export {
    profile: UserView,
    addresses: Vec<AddressView>,
    sessions: Vec<SessionView>,
    audit: Vec<AuditView>,
    #[serde(flatten)]
    elsewhere: Map<String, Value>,
}

/// 200 with everything; 404, 503 while a service does not answer.
#[utoipa::path(
    get, path = "/users/{id}/export", operation_id = "exportUser", tag = "Users",
    summary = "Read everything that is held about oneself",
    description = "One JSON object, gathered from all services: `profile`, `addresses`, `sessions`, `audit`, `orders`, `cart`, \
        `notifications`. One's own only. 503 while a service does not answer: half of it would pass for the whole.",
    params(UserPath),
    responses((status = 200, description = "Everything.", body = Object)),
    security(("bearer" = []))
)]
pub async fn export(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
) -> Result<([(HeaderName, &'static str); 1], Json<Export>), Problem> {
    let id = whom.own(&caller)?;
    let Everything { user, addresses, sessions, audit, elsewhere } =
        export_user(&state, id).await?.ok_or_else(Problem::not_found)?;
    let export = Export {
        profile: user.into(),
        addresses: addresses.into_iter().map(AddressView::from).collect(),
        sessions: sessions.into_iter().map(|session| SessionView::new(session, caller.session)).collect(),
        audit: audit.into_iter().map(AuditView::from).collect(),
        elsewhere,
    };
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"account.json\"")], Json(export)))
}
