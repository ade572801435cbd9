//! `GET /auth/sessions`

use axum::extract::State as Shared;
use cartwright_types::SessionId;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::{FromParams, Params, Problem, Query, User};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::sessions::{self, LiveSession};
use crate::error::Failure;
use crate::state::State;

/// Where somebody is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    id: Uuid,
    created_at: DateTime<Utc>,
    /// When it got its last pair of tokens.
    last_used_at: DateTime<Utc>,
    /// What signed in, in its own words.
    #[schema(required, examples("Mozilla/5.0"))]
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionView {
    /// As the session `asking` sees it.
    pub fn new(session: LiveSession, asking: SessionId) -> Self {
        Self {
            current: session.id == asking.uuid(),
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            user_agent: session.user_agent,
        }
    }
}

/// The page.
pub struct Sessions(PageRequest<Uuid>);

impl FromParams for Sessions {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "sessions").map(Self)
    }
}

/// 200 with a page, newest first.
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "listSessions", tag = "Authentication",
    summary = "List where one is signed in",
    description = "The caller's sessions that can still be refreshed, newest first.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<SessionView>)),
    security(("bearer" = []))
)]
pub async fn list(
    Shared(state): Shared<State>,
    user: User,
    Query(Sessions(page)): Query<Sessions>,
) -> Result<Page<SessionView>, Problem> {
    let (pool, now) = (state.database.pool(), state.clock.now());
    let rows = sessions::list(pool, user.id, page.after, page.fetch(), now).await.map_err(Failure::from)?;
    Ok(page.page(rows, |session| session.id).map(|session| SessionView::new(session, user.session)))
}
