//! Why the gateway answers by itself, and what it then says.

use cartwright_types::Role;
use cartwright_web::Problem;
use cartwright_web::problem::FieldError;
use http::StatusCode;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use thiserror::Error;

use crate::routes::Expansion;

/// A request that goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The path could be read in two ways.
    #[error("the path is malformed")]
    MalformedPath,
    /// Path and query together.
    #[error("the target is too long")]
    UriTooLong,
    /// All headers together.
    #[error("the headers are too large")]
    HeadersTooLarge,
    /// No `Host`, more than one, or one that is no name.
    #[error("there is not one good Host header")]
    NoHost,
    /// No route.
    #[error("there is no such route")]
    NotFound,
    /// Two identities.
    #[error("there is more than one Authorization header")]
    ManyAuthorizations,
    /// A credential that is not good, whatever the reason.
    #[error("the credential is not valid")]
    InvalidToken,
    /// There never were keys to verify a token with.
    #[error("there are no keys to verify a token with")]
    NoKeys,
    /// The route wants somebody.
    #[error("the route needs an identity")]
    Unauthenticated,
    /// The route wants somebody else.
    #[error("the route needs the role {0}")]
    Forbidden(Role),
    /// A stream was asked for, and the gateway is a Lambda function.
    #[error("there are no streams on Lambda")]
    NoStream,
    /// The request's body.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The request's body came too slowly.
    #[error("the body did not arrive in time")]
    BodyOverdue,
    /// The request's body broke off.
    #[error("the body broke off")]
    BodyBroken,
    /// `expand` names what there is not, or something twice.
    #[error("the expansion is not one")]
    NoExpansion {
        /// What there is.
        known: &'static [Expansion],
        /// It has another name.
        unknown: bool,
        /// It has a name twice.
        repeated: bool,
    },
    /// Too many requests.
    #[error("the rate limit is reached")]
    RateLimited {
        /// Seconds until one more is let through.
        retry_after: u32,
    },
    /// The service was not asked: it has as many requests as it can take, or has not answered any for a while.
    #[error("the service takes no more for now")]
    Busy {
        /// Seconds until it may.
        retry_after: u32,
    },
    /// No address of the service took the request.
    #[error("the service cannot be reached")]
    Away,
    /// The service took the request and broke off: it may have been done.
    #[error("the service broke off")]
    Broken,
    /// The service took the request and does not answer: it may be done yet.
    #[error("the service did not answer in time")]
    Overdue,
}

impl Refusal {
    /// What the client is told.
    #[must_use]
    pub fn problem(self) -> Problem {
        match self {
            Self::MalformedPath => Problem::bad_request("invalid_path")
                .detail("The path has empty or dot segments, or escapes that it may not have."),
            Self::UriTooLong => Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long")
                .detail("Path and query may have 8 KiB together."),
            Self::HeadersTooLarge => {
                Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "header_fields_too_large")
                    .detail("All headers may have 32 KiB together.")
            }
            Self::NotFound => Problem::not_found(),
            Self::NoStream => Problem::of_status(StatusCode::NOT_ACCEPTABLE),
            // RFC 9112, section 3.2.
            Self::NoHost => Problem::bad_request("bad_request")
                .detail("Send the Host header, once, with a name or address."),
            Self::ManyAuthorizations => {
                Problem::bad_request("bad_request").detail("Send the Authorization header once.")
            }
            Self::InvalidToken => invalid_token(),
            Self::Unauthenticated => Problem::unauthenticated(),
            Self::Forbidden(_) => Problem::forbidden(),
            Self::BodyTooLarge => Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE),
            Self::BodyOverdue => {
                Problem::of_status(StatusCode::REQUEST_TIMEOUT).detail("The body did not arrive in time.")
            }
            Self::BodyBroken => Problem::bad_request("bad_request").detail("The body broke off."),
            Self::NoExpansion { known, unknown, repeated } => no_expansion(known, unknown, repeated),
            Self::RateLimited { retry_after } => Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
                .detail("Too many requests; see Retry-After.")
                .retry_after(retry_after),
            Self::Busy { retry_after } => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable")
                    .detail("There is more to do than can be done right now; see Retry-After.")
                    .retry_after(retry_after)
            }
            Self::NoKeys | Self::Away => Problem::unavailable(),
            Self::Broken => Problem::new(StatusCode::BAD_GATEWAY, "upstream_failed")
                .detail("The request was passed on, but its answer broke off. It may have been carried out."),
            Self::Overdue => Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout")
                .detail("The request was passed on, but not answered in time. It may be carried out yet."),
        }
    }
}

fn no_expansion(known: &[Expansion], unknown: bool, repeated: bool) -> Problem {
    let error = |code: &'static str, detail: String| FieldError {
        pointer: "expand".to_owned(),
        code: code.into(),
        detail: detail.into(),
    };
    let names: Vec<_> = known.iter().map(|expansion| expansion.name).collect();
    let mut errors = Vec::new();
    if unknown {
        errors.push(error("unknown_value", format!("may name {}", names.join(", "))));
    }
    if repeated {
        errors.push(error("repeated", "names something twice".to_owned()));
    }
    Problem::validation(errors).detail("The query does not fit; see errors.")
}

/// RFC 6750, section 3.1.
fn invalid_token() -> Problem {
    let mut problem = Problem::new(StatusCode::UNAUTHORIZED, "invalid_token")
        .detail("The access token is not valid or has expired. Sign in again, or send none.");
    problem.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\"")));
    problem
}
