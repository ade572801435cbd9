//! `GET /internal/orders/{id}/contact`

use axum::Json;
use axum::extract;
use cartwright_contracts::contact::OrderContact;
use cartwright_types::OrderId;
use cartwright_web::{PathId, Problem, ServiceCall};

use crate::state::State;
use crate::usecases::buyer_contact;

/// 200 with where a guest's order leads to and what opens it; 404 when no guest placed it, or nothing is left of them; scope
/// `contact`.
pub async fn handle(
    extract::State(state): extract::State<State>,
    call: ServiceCall,
    PathId(id): PathId<OrderId>,
) -> Result<Json<OrderContact>, Problem> {
    call.require("contact")?;
    buyer_contact::of_guest_order(&state, id).await?.map(Json).ok_or_else(Problem::not_found)
}
