//! `DELETE /cart/items/{line_id}`

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::{PathId, Problem, User};

use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartView;

/// 200 with the cart; 404.
#[utoipa::path(
    delete, path = "/cart/items/{line_id}", operation_id = "removeCartItem", tag = "Cart",
    summary = "Take something out of the cart",
    description = "Removes a line.",
    params(("line_id" = uuid::Uuid, Path, description = "The line's id.")),
    responses((status = 200, description = "The cart.", body = CartView, headers(("ETag" = String)))),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<CartLineId>,
) -> Result<Response, Problem> {
    let removed = state.carts.update(user.id, |cart| {
        let before = cart.lines.len();
        cart.lines.retain(|line| line.id != id);
        if cart.lines.len() == before { Err(Problem::not_found()) } else { Ok(()) }
    });
    let stored = removed.await.map_err(Failure::from)??;
    super::answer(&state, user.id, &stored, &HeaderMap::new()).await
}
