//! Where a request comes from, as the gateway says it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::{HeaderMap, USER_AGENT};
use axum::http::request::Parts;
use cartwright_web::{Problem, User};

use crate::domain::audit::Origin;

/// The program at the other end, for the audit trail and the limits.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Its network address.
    pub address: Option<IpAddr>,
    user_agent: Option<String>,
}

impl Client {
    fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let agent: Option<String> =
            text(USER_AGENT.as_str()).map(|agent| agent.trim().chars().take(Origin::LONGEST_AGENT).collect());
        Self {
            // The gateway writes this header anew; there is one address in it.
            address: text("x-forwarded-for").and_then(|value| value.trim().parse().ok()),
            user_agent: agent.filter(|agent| !agent.is_empty()),
        }
    }

    /// Somebody without a token did it.
    #[must_use]
    pub fn anonymous(self) -> Origin {
        self.origin("anonymous".to_owned())
    }

    /// This user did it.
    #[must_use]
    pub fn of(self, user: &User) -> Origin {
        self.origin(user.actor())
    }

    fn origin(self, actor: String) -> Origin {
        let Self { address, user_agent } = self;
        Origin { actor, client_address: address.map(|address| address.to_string()), user_agent }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self::from_headers(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_cut_and_an_address_must_be_one() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.7"));
        headers.insert(USER_AGENT, HeaderValue::try_from("x".repeat(500)).unwrap());
        let origin = Client::from_headers(&headers).anonymous();
        assert_eq!(origin.client_address.as_deref(), Some("192.0.2.7"));
        assert_eq!(origin.user_agent.map(|agent| agent.len()), Some(200));
        headers.insert("x-forwarded-for", HeaderValue::from_static("somewhere"));
        headers.insert(USER_AGENT, HeaderValue::from_static(" "));
        let origin = Client::from_headers(&headers).anonymous();
        assert_eq!((origin.client_address, origin.user_agent), (None, None));
    }
}
