//! Who asks about an order.

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderMap, HeaderName};
use axum::http::request::Parts;
use cartwright_web::identity::Subject;
use cartwright_web::{Caller, Problem, User};
use chrono::{DateTime, Utc};
use utoipa::IntoParams;

use crate::db::orders::OrderRow;
use crate::domain::token::{Token, TokenHash};

const ORDER_TOKEN: HeaderName = HeaderName::from_static("x-order-token");

/// `X-Order-Token`, as documents describe it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described; Buyer is what is read")]
pub struct OrderTokenHeader {
    /// For a guest's order: the `order_token` of the answer that placed it, or of its mails. It is a secret, makes that one order
    /// its bearer's own, and ends after 90 days.
    #[param(rename = "X-Order-Token", required = false, pattern = "^[A-Za-z0-9_-]{43}$")]
    pub token: String,
}

/// Who asks about an order: somebody signed in, or whoever has its token. Whether it is theirs is for
/// [`visible`](super::visible) to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buyer {
    /// Who is signed in.
    pub user: Option<User>,
    token: Option<TokenHash>,
}

/// Somebody signed in, where no token counts.
impl From<User> for Buyer {
    fn from(user: User) -> Self {
        Self { user: Some(user), token: None }
    }
}

impl Buyer {
    /// How events and logs name them.
    #[must_use]
    pub fn actor(&self) -> String {
        self.user.map_or_else(|| "guest".to_owned(), |user| user.actor())
    }

    /// Whose idempotency keys theirs are told from.
    #[must_use]
    pub fn scope(&self) -> String {
        match (self.user, self.token) {
            (Some(user), _) => user.actor(),
            (None, Some(token)) => format!("order:{token}"),
            (None, None) => "anonymous".to_owned(),
        }
    }

    /// Whether staff (or an admin) asks.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.user.is_some_and(|user| user.is_staff())
    }

    /// Adds a token that came another way than by the header.
    #[must_use]
    pub fn or_with(self, token: Option<&str>) -> Self {
        let token = self.token.or_else(|| Some(Token::parse(token?)?.hash()));
        Self { token, ..self }
    }

    /// Whether an order is theirs.
    pub(super) fn owns(&self, order: &OrderRow, now: DateTime<Utc>) -> bool {
        let bought = self.user.is_some_and(|user| order.buyer() == Some(user.id));
        let bears = match (self.token, &order.order_token_hash, order.order_token_expires_at) {
            (Some(token), Some(stored), Some(ends)) => token.is(stored) && now < ends,
            _ => false,
        };
        bought || bears
    }
}

impl<S: Sync> FromRequestParts<S> for Buyer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if matches!(caller.0, Subject::Service { .. }) {
            return Err(Problem::forbidden());
        }
        Ok(Self { user: caller.user(), token: order_token(&parts.headers) })
    }
}

fn order_token(headers: &HeaderMap) -> Option<TokenHash> {
    Some(Token::parse(headers.get(ORDER_TOKEN)?.to_str().ok()?)?.hash())
}
