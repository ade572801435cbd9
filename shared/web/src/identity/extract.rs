//! From the token to a handler's argument.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use cartwright_types::{Role, SessionId, UserId};

use super::{IdentityVerifier, Subject};
use crate::Problem;

/// Middleware: every request brings an internal token, or is refused.
pub async fn authenticate(
    State(verifier): State<IdentityVerifier>,
    mut request: Request,
    next: Next,
) -> Response {
    let token =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some(token) = token else { return Problem::unauthenticated().into_response() };
    match verifier.verify(token) {
        Ok(subject) => {
            request.extensions_mut().insert(Caller(subject));
            next.run(request).await
        }
        Err(error) => {
            tracing::info!(%error, "request refused");
            Problem::unauthenticated().into_response()
        }
    }
}

/// Whoever calls, an anonymous included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub Subject);

impl Caller {
    /// The user, if one is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        match &self.0 {
            Subject::User { id, roles, session } => Some(User {
                id: *id,
                role: roles.iter().max().copied().unwrap_or(Role::Customer),
                session: *session,
            }),
            Subject::Anonymous | Subject::Service { .. } => None,
        }
    }

    /// Whether staff (or an admin) calls.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.user().is_some_and(|user| user.role >= Role::Staff)
    }
}

/// A signed-in user; others get 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// The highest of their roles.
    pub role: Role,
    /// Their session.
    pub session: SessionId,
}

impl User {
    /// Whether this is staff or an admin.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.role >= Role::Staff
    }

    /// How events and logs name them: `user:<id>`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("user:{}", self.id)
    }
}

/// Staff or an admin; an anonymous gets 401, a customer 403.
#[derive(Debug, Clone, Copy)]
pub struct Staff(pub User);

/// Another service, for `/internal`; anybody else gets 403.
#[derive(Debug, Clone)]
pub struct ServiceCall {
    /// Its name.
    pub name: String,
    scope: String,
}

impl ServiceCall {
    /// Refuses a caller whose token is for something else.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, scope: &str) -> Result<(), Problem> {
        if self.scope == scope { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.user().ok_or_else(Problem::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = User::from_request_parts(parts, state).await?;
        if user.is_staff() { Ok(Self(user)) } else { Err(Problem::forbidden()) }
    }
}

impl<S: Sync> FromRequestParts<S> for ServiceCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, state).await?.0 {
            Subject::Service { name, scope } => Ok(Self { name, scope }),
            Subject::Anonymous | Subject::User { .. } => Err(Problem::forbidden()),
        }
    }
}
