//! RFC 9457 problems: the one form of every error.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The media type of a problem.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What is wrong with one field of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or the parameter's name in a query.
    #[schema(examples("/lines/0/quantity"))]
    pub pointer: String,
    /// Stable, for programs.
    #[schema(value_type = String, examples("out_of_range"))]
    pub code: Cow<'static, str>,
    /// For people.
    #[schema(value_type = String, examples("must be between 1 and 9999"))]
    pub detail: Cow<'static, str>,
}

/// An error on its way to the client. `instance` and `request_id` are added by the middleware.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// What is the matter with this request; for people.
    pub detail: Option<Cow<'static, str>>,
    /// Field by field.
    pub errors: Vec<FieldError>,
    /// Members of this kind of problem, such as `available`.
    pub members: Map<String, Value>,
    /// `Retry-After`, `WWW-Authenticate`, `Allow`, …
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a status and a code.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, detail: None, errors: Vec::new(), members: Map::new(), headers: Vec::new() }
    }

    /// Adds the sentence for people.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a member, such as the `lines` of `insufficient_stock`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    /// 400 with a code.
    #[must_use]
    pub fn bad_request(code: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    /// 401: no identity, or a bad one.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::unauthorized("unauthenticated").detail("Sign in and send the access token as a bearer token.")
    }

    /// 401 with a code.
    #[must_use]
    pub fn unauthorized(code: &'static str) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, code);
        problem.headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        problem
    }

    /// 403: the role may not.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden").detail("Your role does not allow this.")
    }

    /// 404: not there, or not yours.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found").detail("There is nothing here, or it is not yours.")
    }

    /// 409 with a code.
    #[must_use]
    pub fn conflict(code: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    /// 422: it parses, but does not fit; all errors at once.
    #[must_use]
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed")
            .detail("The body does not fit; see errors.");
        problem.errors = errors;
        problem
    }

    /// 422 for one field.
    #[must_use]
    pub fn invalid(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::validation(vec![FieldError {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
        }])
    }

    /// 503: something this needs is away for now.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable")
            .detail("Something this needs is not available right now. Try again.")
            .retry_after(1)
    }

    /// 500. What happened goes into the log, here, and never into the answer.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cartwright_runtime::chain(error), "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
            .detail("Something went wrong on our side. Quote the request id if it lasts.")
    }

    /// The code of a status that the framework answered by itself.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(status, "method_not_allowed")
                .detail("This path does not answer to this method; see Allow."),
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(status, "payload_too_large").detail("The body is larger than this path takes.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(status, "unsupported_media_type").detail("Send application/json.")
            }
            StatusCode::NOT_ACCEPTABLE => {
                Self::new(status, "not_acceptable").detail("This is not to be had as a stream here.")
            }
            StatusCode::REQUEST_TIMEOUT => Self::new(status, "request_timeout"),
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable(),
            status if status.is_client_error() => Self::new(status, "bad_request"),
            status => Self::new(status, "internal_error")
                .detail("Something went wrong on our side. Quote the request id if it lasts."),
        }
    }

    /// The JSON document.
    #[must_use]
    pub fn to_json(&self, instance: &str, request_id: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(rename = "type")]
            kind: String,
            title: &'a str,
            status: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            detail: Option<&'a str>,
            instance: &'a str,
            code: &'a str,
            request_id: &'a str,
            #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
            errors: &'a [FieldError],
            #[serde(flatten)]
            members: &'a Map<String, Value>,
        }
        let document = Document {
            kind: format!("urn:cartwright:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail.as_deref(),
            instance,
            code: self.code,
            request_id,
            errors: &self.errors,
            members: &self.members,
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// The whole answer.
    #[must_use]
    pub fn to_response(&self, instance: &str, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.to_json(instance, request_id)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Bare; the middleware knows instance and request id and writes the body.
    fn into_response(self) -> axum::response::Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a handler of ours returns.
pub type Answer<T> = Result<T, Problem>;
