//! `GET /users/{id}/audit`

use axum::extract::State as Shared;
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::{FromParams, Params, PathId, Problem, Query, User};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::whom::{UserPath, Whom};
use crate::db::audit::{self, Entry};
use crate::db::users;
use crate::domain::audit::Fact;
use crate::error::Failure;
use crate::state::State;

/// Something that happened to the account.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditView {
    id: Uuid,
    #[serde(rename = "type")]
    #[schema(schema_with = facts)]
    fact: String,
    at: DateTime<Utc>,
    /// `user:<id>`, `system`, or `anonymous`: somebody without a token.
    #[schema(examples("anonymous"))]
    actor: String,
    /// Where the request came from.
    #[schema(required, examples("192.0.2.7"))]
    client_address: Option<String>,
    /// What the client called itself.
    #[schema(required)]
    user_agent: Option<String>,
    /// What else there is to say, such as `session_id`, or `from` and `to` of a role.
    #[schema(value_type = Object)]
    data: Value,
}

fn facts() -> utoipa::openapi::Object {
    words("What happened.", &Fact::WORDS)
}

impl From<Entry> for AuditView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            fact: entry.fact,
            at: entry.occurred_at,
            actor: entry.actor,
            client_address: entry.client_address,
            user_agent: entry.user_agent,
            data: entry.data,
        }
    }
}

/// The page.
pub struct Trail(PageRequest<i64>);

impl FromParams for Trail {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "audit").map(Self)
    }
}

/// 200 with a page, newest first.
#[utoipa::path(
    get, path = "/users/{id}/audit", operation_id = "listAuditEvents", tag = "Users",
    summary = "Read what happened to an account",
    description = "Sign-ins and failed ones, changes of password, address, role and status, re-used refresh tokens; newest \
        first, kept 400 days. One's own; staff may read any.",
    params(UserPath, PageParams),
    responses((status = 200, description = "A page.", body = Page<AuditView>)),
    security(("bearer" = []))
)]
pub async fn list(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    Query(Trail(page)): Query<Trail>,
) -> Result<Page<AuditView>, Problem> {
    let id = whom.own_or_staff(&caller)?;
    let pool = state.database.pool();
    let entries = audit::list(pool, id, page.after, page.fetch()).await.map_err(Failure::from)?;
    // Every account has at least one entry; where there is none, there may be no account.
    if entries.is_empty() && users::by_id(pool, id).await.map_err(Failure::from)?.is_none() {
        return Err(Problem::not_found());
    }
    Ok(page.page(entries, |entry| entry.position).map(AuditView::from))
}
