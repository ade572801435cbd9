//! HTTP calls and what came back.

use anyhow::{Context as _, Result, bail};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::calls;

/// The public API at one address.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The problem's code.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The JSON, if the status is the one expected.
    ///
    /// # Errors
    /// It is another.
    pub fn expect(&self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("expected {status}, got {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self.json())
    }
}

impl Api {
    /// The API at `base`, such as `http://127.0.0.1:8000`.
    ///
    /// # Panics
    /// When the HTTP client cannot be built, which its fixed configuration rules out.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .expect("a client without certificates or proxies of its own can be built");
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    /// Sends a request; a `body` of null sends none.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}: no answer"))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        calls::record(&method, answer.url().path(), status)?;
        let body =
            answer.bytes().await.with_context(|| format!("{method} {path}: the answer broke off"))?.to_vec();
        Ok(Answer { status, headers, body })
    }
}
