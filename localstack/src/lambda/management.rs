//! Calls to Lambda, Elastic Load Balancing, `EventBridge` and CloudWatch Logs, of which the runner needs so little that
//! it does without their SDKs.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// A client for one endpoint.
#[derive(Debug, Clone)]
pub struct Management {
    http: reqwest::Client,
    endpoint: String,
    region: String,
}

impl Management {
    /// For the emulator at `endpoint`.
    pub fn new(endpoint: &str, region: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
        Ok(Self { http, endpoint: endpoint.to_owned(), region: region.to_owned() })
    }

    /// A call of Lambda's REST API; what came back as JSON.
    pub async fn lambda(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}/2015-03-31/{path}", self.endpoint));
        if !body.is_null() {
            request = request.json(body);
        }
        let (_, text) = self.send(request, "lambda").await.with_context(|| format!("Lambda: {path}"))?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Invokes a function and waits for its answer.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let request = self.http.post(url).json(event);
        let (error, text) =
            self.send(request, "lambda").await.with_context(|| format!("invoking {function}"))?;
        if let Some(error) = error {
            bail!("{function}: {error}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("{function} answered {text:?}"))
    }

    /// An action of Elastic Load Balancing; the XML that came back.
    pub async fn balancing(&self, action: &str, parameters: &[(&str, &str)]) -> Result<String> {
        let mut form = vec![("Action", action), ("Version", "2015-12-01")];
        form.extend_from_slice(parameters);
        let request = self.http.post(format!("{}/", self.endpoint)).query(&form);
        let answer = self.send(request, "elasticloadbalancing").await;
        Ok(answer.with_context(|| format!("Elastic Load Balancing: {action}"))?.1)
    }

    /// A call by the JSON protocol: `AWSEvents.PutRule`, `Logs_20140328.FilterLogEvents`.
    pub async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}/", self.endpoint))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        let (_, text) = self.send(request, service).await.context(target.to_owned())?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The error header of Lambda and the body, if the call succeeded. The emulator takes the service and the region from
    /// the signature's scope and does not look at the signature itself.
    async fn send(&self, request: RequestBuilder, service: &str) -> Result<(Option<String>, String)> {
        let scope = format!("test/20260101/{}/{service}/aws4_request", self.region);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
        let answer = request.header("authorization", authorization).send().await?;
        let status = answer.status();
        let error = answer.headers().get("x-amz-function-error").and_then(|error| error.to_str().ok());
        let error = error.map(str::to_owned);
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        Ok((error, text))
    }
}

/// The text of the first `<tag>` in an answer.
pub fn element<'a>(xml: &'a str, tag: &str) -> Result<&'a str> {
    let found = xml.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once('<'));
    found.map(|(text, _)| text).with_context(|| format!("the answer has no {tag}: {xml}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_of_a_name_is_read() {
        let xml = "<R><Items><member><Arn>a:b</Arn></member><member><Arn>c</Arn></member></Items></R>";
        assert_eq!(element(xml, "Arn").unwrap(), "a:b");
        assert!(element(xml, "Name").is_err());
    }
}
