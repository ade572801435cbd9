//! Whose cart a request is about.

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderMap, HeaderName};
use axum::http::request::Parts;
use cartwright_web::idempotency::IdempotencyKey;
use cartwright_web::identity::Subject;
use cartwright_web::{Caller, Problem};
use utoipa::IntoParams;

use crate::domain::token::Token;
use crate::usecases::cart::CartCaller;

/// Names a guest's cart.
pub(super) const CART_TOKEN: HeaderName = HeaderName::from_static("x-cart-token");

/// `X-Cart-Token`, as documents describe it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described; CartCaller is what is read")]
pub struct CartTokenHeader {
    /// A guest's cart: the token that the answer to its first write gave. It is a secret. With a signed-in caller, that cart is
    /// merged into their own, once. A token that names no cart is as none.
    #[param(rename = "X-Cart-Token", required = false, pattern = "^[A-Za-z0-9_-]{43}$")]
    pub token: String,
}

/// The token that was sent, if it is one.
fn cart_token(headers: &HeaderMap) -> Option<Token> {
    Token::parse(headers.get(CART_TOKEN)?.to_str().ok()?)
}

impl CartCaller {
    /// Whose idempotency keys this one is told from: the user's, those of the cart whose token was sent, or else all that are
    /// UUIDs.
    ///
    /// # Errors
    /// 400 `idempotency_key_invalid`.
    pub(in crate::routes) fn scope(&self, key: &IdempotencyKey) -> Result<String, Problem> {
        match (self.user, &self.token) {
            (Some(user), _) => Ok(format!("user:{user}")),
            (None, Some(token)) => Ok(format!("cart:{}", token.hash())),
            (None, None) => {
                key.anonymous()?;
                Ok("anonymous".to_owned())
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for CartCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if matches!(caller.0, Subject::Service { .. }) {
            return Err(Problem::forbidden());
        }
        Ok(Self { user: caller.user().map(|user| user.id), token: cart_token(&parts.headers) })
    }
}
