//! Who may have something sent: staff, and services.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use cartwright_web::identity::Subject;
use cartwright_web::{Caller, Problem, Staff};

/// The scope of a service that has something sent.
const SCOPE: &str = "notify";

/// Whoever asks; an anonymous gets 401, a customer and a service with another scope 403.
pub struct Author(String);

impl Author {
    /// How its keys are told from others'.
    pub fn scope(&self) -> &str {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Author {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Caller(Subject::Service { name, scope }) = Caller::from_request_parts(parts, state).await? {
            return if scope == SCOPE {
                Ok(Self(format!("service:{name}")))
            } else {
                Err(Problem::forbidden())
            };
        }
        let Staff(staff) = Staff::from_request_parts(parts, state).await?;
        Ok(Self(staff.actor()))
    }
}
