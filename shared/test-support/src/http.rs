//! Requests to a service's router, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_runtime::secrets::RotatingKeys;
use cartwright_types::{Role, SessionId, SharedClock, SystemClock, UserId};
use cartwright_web::identity::{AudienceKeys, IdentitySigner, Subject};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::calls;

/// The keys of every audience in tests.
///
/// # Panics
/// Never: the key is well formed.
#[must_use]
pub fn test_keys() -> AudienceKeys {
    let keys = RotatingKeys { current: URL_SAFE_NO_PAD.encode([7; 32]), previous: None };
    AudienceKeys::try_from(&keys).expect("32 bytes are a key")
}

/// A service's router and a way to call it as anybody.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
    signer: IdentitySigner,
}

impl TestApp {
    /// Calls `router`, the service `audience`, whose verifier has [`test_keys`] and the machine's clock.
    #[must_use]
    pub fn new(router: Router, audience: &'static str) -> Self {
        Self::with_clock(router, audience, SystemClock::shared())
    }

    /// The same with the clock that the verifier has.
    #[must_use]
    pub fn with_clock(router: Router, audience: &'static str, clock: SharedClock) -> Self {
        Self { router, signer: IdentitySigner::new(audience, test_keys(), clock) }
    }

    /// A call; an anonymous one until told otherwise.
    #[must_use]
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = Request::builder().method(method).uri(path);
        Call { app: self.clone(), request, subject: Some(Subject::Anonymous), body: Body::empty() }
    }

    /// GET
    #[must_use]
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// POST
    #[must_use]
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// PUT
    #[must_use]
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    /// PATCH
    #[must_use]
    pub fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    /// DELETE
    #[must_use]
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }
}

/// A request in the making.
pub struct Call {
    app: TestApp,
    request: axum::http::request::Builder,
    subject: Option<Subject>,
    body: Body,
}

impl Call {
    /// As a customer.
    #[must_use]
    pub fn as_user(self, id: UserId) -> Self {
        self.as_role(id, Role::Customer)
    }

    /// As a user with a role.
    #[must_use]
    pub fn as_role(self, id: UserId, role: Role) -> Self {
        self.as_subject(Subject::User { id, roles: vec![role], session: SessionId(id.uuid()) })
    }

    /// As another service.
    #[must_use]
    pub fn as_service(self, name: &str, scope: &str) -> Self {
        self.as_subject(Subject::Service { name: name.to_owned(), scope: scope.to_owned() })
    }

    /// As anybody.
    #[must_use]
    pub fn as_subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Without any identity token, as nobody behind the gateway would.
    #[must_use]
    pub fn without_identity(mut self) -> Self {
        self.subject = None;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json").body(body.to_string())
    }

    /// With any body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When the request is not well formed or the body cannot be read.
    pub async fn send(self) -> Answer {
        let mut request = self.request;
        if let Some(subject) = &self.subject {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.app.signer.token(subject)));
        }
        let request = request.body(self.body).expect("the request is well formed");
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = match self.app.router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        calls::record(&method, &path, parts.status);
        let body = body.collect().await.expect("the body can be read").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: body.to_vec() }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Asserts the status and gives the JSON.
    ///
    /// # Panics
    /// When the status is another.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "the assertion is the point")]
    pub fn expect(&self, status: u16) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "unexpected status; the body was {text}");
        self.json()
    }

    /// Asserts that this is a problem with a status and code.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "the assertion is the point; the problem is a bonus")]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }
}
