//! `PATCH /cart/items/{line_id}` `{quantity}`

use axum::extract::{self, FromRequest as _, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, rules};
use utoipa::ToSchema;

use super::CartTokenHeader;
use crate::domain::cart::MAX_QUANTITY;
use crate::domain::token::Token;
use crate::state::State;
use crate::usecases::cart::{self, CartCaller, CartView};

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

/// 200 with the cart; 404; 409 `insufficient_stock`; 412.
#[utoipa::path(
    patch, path = "/cart/items/{line_id}", operation_id = "changeCartItem", tag = "Cart",
    summary = "Change how many",
    description = "Sets the quantity of a line. Of the `ETag` only the cart's own part counts: a change of price does not stand \
        in the way.",
    params(("line_id" = uuid::Uuid, Path, description = "The line's id."), CartTokenHeader, IfMatch),
    request_body(content = Change, example = json!({ "quantity": 2 })),
    responses(
        (status = 200, description = "The cart.", body = CartView, headers(("ETag" = String))),
        (status = 409, description = "`insufficient_stock`: there is not as much as wanted; see `available`.",
            body = ProblemDocument, example = json!({
                "code": "insufficient_stock", "detail": "There is not enough of it; see available.", "available": 3
            }))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    PathId(id): PathId<CartLineId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let open = cart::open(&state, &caller).await?;
    let line = open.cart.lines.iter().find(|line| line.id == id).ok_or_else(Problem::not_found)?;
    let sku = line.sku.clone();
    super::check_if_match(&headers, open.cart.version)?;
    let quantity = Body::<Change>::from_request(request, &()).await?.quantity;
    let quotes = cart::quotes(&state, &open.cart, None).await?;
    let available = quotes.get(&sku).and_then(Option::as_ref).map_or(0, |quote| quote.available);
    let changed = cart::write(&state, open, quotes, Token::random, |cart| {
        super::check_if_match(&headers, cart.version)?;
        cart.set_quantity(id, quantity, available).map_err(super::refused)
    });
    Ok(super::written(&changed.await??))
}
