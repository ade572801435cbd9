//! `POST /cart/items` `{sku, quantity}`: lines of one sku are summed.

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Problem, User};

use crate::clients::carts::{StoredCart, StoredLine};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartView;
use crate::usecases::place_order::{MAX_LINES, MAX_QUANTITY, WantedLine};

/// 200 with the cart; 409 `insufficient_stock` with `available`; 422 for an unknown sku or a cart of over 100 lines.
#[utoipa::path(
    post, path = "/cart/items", operation_id = "addCartItem", tag = "Cart",
    summary = "Put something into the cart",
    description = "What is in the cart already is summed. Nothing is reserved until the order. An unknown sku is a 422 \
        `unknown_sku` at `/sku`, a 101st line `too_many_lines`.",
    request_body(content = WantedLine, example = json!({ "sku": "TENT-2-GREEN", "quantity": 1 })),
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
    body: Body<WantedLine>,
) -> Result<Response, Problem> {
    let wanted = body.value;
    let quotes = state.products.quotes(vec![wanted.sku.clone()]).await.map_err(Failure::from)?;
    let Some(quote) = quotes.first() else {
        return Err(Problem::invalid("/sku", "unknown_sku", "is not for sale"));
    };
    let (available, line_id) = (quote.available, CartLineId::new(state.clock.as_ref()));
    let added = state.carts.update(user.id, |cart| add(cart, &wanted, line_id, available)).await;
    let stored = added.map_err(Failure::from)??;
    super::answer(&state, user.id, &stored, &HeaderMap::new()).await
}

fn add(cart: &mut StoredCart, wanted: &WantedLine, id: CartLineId, available: i64) -> Result<(), Problem> {
    let full = cart.lines.len() >= MAX_LINES;
    let quantity = match cart.lines.iter_mut().find(|line| line.sku == wanted.sku) {
        Some(line) => {
            line.quantity += wanted.quantity;
            line.quantity
        }
        None if full => {
            return Err(Problem::invalid("/sku", "too_many_lines", "a cart has at most 100 lines"));
        }
        None => {
            cart.lines.push(StoredLine { id, sku: wanted.sku.clone(), quantity: wanted.quantity });
            wanted.quantity
        }
    };
    check(quantity, available)
}

/// Whether there is as much as wanted.
pub(super) fn check(quantity: i64, available: i64) -> Result<(), Problem> {
    if quantity > MAX_QUANTITY {
        return Err(Problem::invalid("/quantity", "out_of_range", "at most 9999 of one sku"));
    }
    if quantity > available {
        return Err(Problem::conflict("insufficient_stock")
            .detail("There is not enough of it; see available.")
            .with("available", available));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_types::SystemClock;

    #[test]
    fn lines_of_one_sku_are_summed_before_the_stock_is_checked() {
        let mut cart = StoredCart::default();
        let wanted = WantedLine { sku: "A".to_owned(), quantity: 3 };
        assert!(add(&mut cart, &wanted, CartLineId::new(&SystemClock), 5).is_ok());
        let refused = add(&mut cart, &wanted, CartLineId::new(&SystemClock), 5).unwrap_err();
        assert_eq!((refused.code, cart.lines.len()), ("insufficient_stock", 1));
    }

    #[test]
    fn a_cart_holds_a_hundred_lines() {
        let mut cart = StoredCart::default();
        for at in 0..100 {
            let wanted = WantedLine { sku: format!("S{at}"), quantity: 1 };
            assert!(add(&mut cart, &wanted, CartLineId::new(&SystemClock), 5).is_ok());
        }
        let wanted = WantedLine { sku: "one more".to_owned(), quantity: 1 };
        let refused = add(&mut cart, &wanted, CartLineId::new(&SystemClock), 5).unwrap_err();
        assert_eq!(refused.errors[0].code, "too_many_lines");
    }
}
