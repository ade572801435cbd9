//! The cart as its owner sees it: found by who asks, priced when it is read.

use cartwright_types::{CartLineId, Money, ProductId, UserId, new_uuid};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clients::carts::{CartOwner, Updated};
use crate::domain::cart::{Cart, Change, MAX_LINES, Quotes};
use crate::domain::token::Token;
use crate::error::Failure;
use crate::state::State;

/// A priced cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartView {
    /// A user's cart has the user's id; null: a guest's that was never written.
    #[schema(required)]
    pub id: Option<Uuid>,
    /// The shop's currency.
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    pub currency: String,
    /// What is in it and still for sale.
    pub lines: Vec<CartLineView>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// What is not as its owner knows it. It is said until they next change the cart; what stands in the way of an order is
    /// said for as long as it does.
    pub changes: Vec<CartChange>,
    /// For the ETag.
    #[serde(skip)]
    pub version: i64,
}

/// A priced line.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CartLine)]
pub struct CartLineView {
    /// The line's id.
    #[schema(value_type = Uuid)]
    pub id: CartLineId,
    /// What.
    pub sku: String,
    /// Its product.
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// How many.
    #[schema(minimum = 1, maximum = 9999)]
    pub quantity: i64,
    /// For one, now.
    pub unit_price: Money,
    /// For all.
    pub total: Money,
    /// How many can be had now.
    pub available: i64,
}

/// Something that is not as its owner knows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CartChange {
    /// Not for sale any more; the line is not shown.
    Unavailable {
        /// Of which line.
        sku: String,
    },
    /// There are fewer than wanted.
    InsufficientStock {
        /// Of which line.
        sku: String,
        /// How many there are.
        available: i64,
    },
    /// It costs something else.
    PriceChanged {
        /// Of which line.
        sku: String,
        /// What one cost.
        from: Money,
        /// What one costs.
        to: Money,
    },
    /// Two carts were put together, and one holds at most 9999 of a sku and 100 lines.
    QuantityReduced {
        /// Of which line.
        sku: String,
        /// How many they held.
        from: i64,
        /// How many are left; 0: the line was left out.
        to: i64,
    },
}

impl From<(String, Change)> for CartChange {
    fn from((sku, change): (String, Change)) -> Self {
        match change {
            Change::Unavailable => Self::Unavailable { sku },
            Change::InsufficientStock { available } => Self::InsufficientStock { sku, available },
            Change::PriceChanged { from, to } => Self::PriceChanged { sku, from, to },
            Change::QuantityReduced { from, to } => Self::QuantityReduced { sku, from, to },
        }
    }
}

/// Who asks for a cart.
#[derive(Clone)]
pub struct CartCaller {
    /// Who is signed in.
    pub user: Option<UserId>,
    /// The cart token that was sent.
    pub token: Option<Token>,
}

/// A cart that was found.
pub struct OpenCart {
    /// `None`: a guest without a cart, who gets a token with the first write.
    pub owner: Option<CartOwner>,
    /// What is in it.
    pub cart: Cart,
}

/// Finds the caller's cart. A guest's that a signed-in caller brings is merged into theirs, once; a token that names no cart
/// is as none.
///
/// # Errors
/// The table did not answer.
pub async fn open(state: &State, caller: &CartCaller) -> Result<OpenCart, Failure> {
    let token = caller.token.as_ref().map(Token::hash);
    let (owner, cart) = match (caller.user, token) {
        (Some(user), Some(token)) => (CartOwner::User(user), state.carts.merge(user, token).await?),
        (Some(user), None) => {
            let owner = CartOwner::User(user);
            (owner, state.carts.read(owner).await?)
        }
        (None, Some(token)) => {
            let owner = CartOwner::Guest(token);
            (owner, state.carts.read(owner).await?)
        }
        (None, None) => return Ok(OpenCart { owner: None, cart: Cart::default() }),
    };
    let nobodys = caller.user.is_none() && cart.version == 0;
    Ok(OpenCart { owner: (!nobodys).then_some(owner), cart })
}

/// A cart that was written.
pub struct Written {
    /// As its owner sees it now.
    pub view: CartView,
    /// The token of a guest's cart that this made.
    pub token: Option<Token>,
}

/// Changes the caller's cart, and tells what else has changed since they last wrote. `quotes` are of the cart in `open` and of
/// what is added; `token` is for a guest who has no cart yet.
///
/// # Errors
/// A dependency failed; the inner error is what `change` says.
pub async fn write<E>(
    state: &State,
    open: OpenCart,
    quotes: Quotes,
    token: impl FnOnce() -> Token,
    mut change: impl FnMut(&mut Cart) -> Result<(), E>,
) -> Result<Result<Written, E>, Failure> {
    let mut said = Vec::new();
    let mut tell = |cart: &mut Cart| {
        change(cart)?;
        said = cart.changes(&quotes);
        cart.acknowledge(&quotes);
        Ok::<(), E>(())
    };
    let (mut updated, mut owner, mut issued) = (Updated::Gone, open.owner, None);
    if let Some(owner) = owner {
        let make = matches!(owner, CartOwner::User(_));
        updated = state.carts.update(owner, Some(open.cart), make, &mut tell).await?;
    }
    if matches!(updated, Updated::Gone) {
        let (token, id) = (token(), new_uuid(state.clock.as_ref()));
        let guest = CartOwner::Guest(token.hash());
        let make = |cart: &mut Cart| {
            tell(cart)?;
            if !cart.lines.is_empty() {
                cart.id.get_or_insert(id);
            }
            Ok::<(), E>(())
        };
        updated = state.carts.update(guest, None, true, make).await?;
        (owner, issued) = (Some(guest), Some(token));
    }
    match updated {
        Updated::Stored(cart) => {
            let token = issued.filter(|_| cart.version > 0);
            let view = priced(state, owner, &cart, quotes, said).await?;
            Ok(Ok(Written { view, token }))
        }
        Updated::Refused(refusal) => Ok(Err(refusal)),
        Updated::Gone => Err(Failure::Data("a cart that was to be made was not")),
    }
}

/// Prices a cart as it is.
///
/// # Errors
/// The product service did not answer.
pub async fn show(state: &State, open: &OpenCart) -> Result<CartView, Failure> {
    let quotes = quotes(state, &open.cart, None).await?;
    let changes = open.cart.changes(&quotes);
    priced(state, open.owner, &open.cart, quotes, changes).await
}

/// What everything in a cart costs, and a sku that is to go into it. The product service answers for 100 at a time: of a full
/// cart the last line has to wait.
///
/// # Errors
/// The product service did not answer.
pub async fn quotes(state: &State, cart: &Cart, also: Option<&str>) -> Result<Quotes, Failure> {
    let mut skus: Vec<String> = also.map(str::to_owned).into_iter().collect();
    skus.extend(cart.lines.iter().map(|line| line.sku.clone()).filter(|sku| Some(sku.as_str()) != also));
    skus.truncate(MAX_LINES);
    let mut quotes: Quotes = skus.iter().map(|sku| (sku.clone(), None)).collect();
    for quote in state.products.quotes(skus).await? {
        quotes.insert(quote.sku.clone(), Some(quote));
    }
    Ok(quotes)
}

async fn priced(
    state: &State,
    owner: Option<CartOwner>,
    cart: &Cart,
    mut quotes: Quotes,
    changes: Vec<(String, Change)>,
) -> Result<CartView, Failure> {
    // Another request put something in meanwhile.
    if cart.lines.iter().any(|line| !quotes.contains_key(&line.sku)) {
        quotes = self::quotes(state, cart, None).await?;
    }
    let id = match owner {
        Some(CartOwner::User(user)) => Some(user.uuid()),
        Some(CartOwner::Guest(_)) | None => cart.id,
    };
    let mut view = CartView {
        id,
        currency: state.shop.currency.to_string(),
        lines: Vec::with_capacity(cart.lines.len()),
        subtotal: Money::zero(state.shop.currency),
        changes: changes.into_iter().map(CartChange::from).collect(),
        version: cart.version,
    };
    for line in &cart.lines {
        let Some(Some(quote)) = quotes.get(&line.sku) else { continue };
        let overflow = |_| Failure::Data("a cart beyond 64 bits");
        let total = quote.unit_price.checked_mul(line.quantity).map_err(overflow)?;
        view.subtotal = view.subtotal.checked_add(total).map_err(overflow)?;
        view.lines.push(CartLineView {
            id: line.id,
            sku: line.sku.clone(),
            product_id: quote.product_id,
            name: quote.name.clone(),
            quantity: line.quantity,
            unit_price: quote.unit_price,
            total,
            available: quote.available,
        });
    }
    Ok(view)
}
