//! `GET /internal/users/{id}/contact`

use axum::Json;
use axum::extract::State as Shared;
use cartwright_contracts::contact::Contact;
use cartwright_types::UserId;
use cartwright_web::{PathId, Problem, ServiceCall};

use crate::db::users;
use crate::error::Failure;
use crate::state::State;

/// 200 with where to reach the user; scope `contact`.
pub async fn contact(
    Shared(state): Shared<State>,
    call: ServiceCall,
    PathId(id): PathId<UserId>,
) -> Result<Json<Contact>, Problem> {
    call.require("contact")?;
    let user = users::by_id(state.database.pool(), id).await.map_err(Failure::from)?;
    let user = user.ok_or_else(Problem::not_found)?;
    Ok(Json(Contact {
        user_id: user.id,
        email_verified: user.is_verified(),
        email: user.email,
        pending_email: user.pending_email,
        full_name: user.full_name,
        phone: user.phone,
        locale: user.locale,
        marketing_opt_in: user.marketing_opt_in,
    }))
}
