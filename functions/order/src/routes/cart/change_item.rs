//! `PATCH /cart/items/{line_id}` `{quantity}`

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, User, rules};
use utoipa::ToSchema;

use super::add_item::check;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartView;
use crate::usecases::place_order::MAX_QUANTITY;

/// A change of a line.
#[derive(ToSchema)]
#[schema(as = CartLineChange)]
pub struct Change {
    /// How many from now on.
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

impl FromFields for Change {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let quantity = fields.required("quantity", rules::integer(1, MAX_QUANTITY));
        Some(Self { quantity: quantity? })
    }
}

/// 200 with the cart; 404; 409 `insufficient_stock`.
#[utoipa::path(
    patch, path = "/cart/items/{line_id}", operation_id = "changeCartItem", tag = "Cart",
    summary = "Change how many",
    description = "Sets the quantity of a line.",
    params(("line_id" = uuid::Uuid, Path, description = "The line's id.")),
    request_body(content = Change, example = json!({ "quantity": 2 })),
    responses(
        (status = 200, description = "The cart.", body = CartView, headers(("ETag" = String))),
        (status = 409, description = "`insufficient_stock`: there is not as much as wanted; see `available`.",
            body = ProblemDocument, example = json!({
                "code": "insufficient_stock", "detail": "There is not enough of it; see available.", "available": 3
            }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<CartLineId>,
    body: Body<Change>,
) -> Result<Response, Problem> {
    let cart = state.carts.read(user.id).await.map_err(Failure::from)?;
    let line = cart.lines.iter().find(|line| line.id == id).ok_or_else(Problem::not_found)?;
    let quotes = state.products.quotes(vec![line.sku.clone()]).await.map_err(Failure::from)?;
    check(body.quantity, quotes.first().map_or(0, |quote| quote.available))?;
    let changed = state.carts.update(user.id, |cart| {
        let line = cart.lines.iter_mut().find(|line| line.id == id).ok_or_else(Problem::not_found)?;
        line.quantity = body.quantity;
        Ok::<(), Problem>(())
    });
    let stored = changed.await.map_err(Failure::from)??;
    super::answer(&state, user.id, &stored, &HeaderMap::new()).await
}
