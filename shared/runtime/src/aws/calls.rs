//! A line for each call to AWS, for the check that a service may call what it calls and nothing else.
//!
//! Taken from the requests themselves, beneath all clients: a client that is new is recorded without anybody's doing.

mod request;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::json;

use crate::{AppEnv, Env};

/// Appends to `AWS_CALLS_FILE`, a JSON object a line: `program`, `sdk`, `operation` and the `resources` that the request
/// names. Nothing else of a request is written.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    program: &'static str,
    file: Arc<PathBuf>,
}

impl Recorder {
    /// None without `AWS_CALLS_FILE`. Only an emulator's calls may be recorded, which are those without TLS.
    pub(super) fn from_env(env: &mut Env, is_emulator: bool) -> Option<Self> {
        let file: PathBuf = env.optional("AWS_CALLS_FILE")?;
        if !is_emulator || !env.optional("APP_ENV").is_some_and(AppEnv::is_local) {
            env.problem("AWS_CALLS_FILE is for an emulator in APP_ENV local and test only");
        }
        Some(Self { program: env.program(), file: Arc::new(file) })
    }

    /// A client that records what goes to `client`.
    pub(super) fn before(self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Recorded { recorder: self, client })
    }

    fn record(&self, request: &HttpRequest) {
        let Some(call) = request::read(request) else {
            tracing::error!(uri = request.uri(), "a call to AWS is of a kind that cannot be recorded");
            return;
        };
        let line = json!({
            "program": self.program,
            "sdk": call.sdk,
            "operation": call.operation,
            "resources": call.resources,
        });
        if let Err(error) = self.append(&format!("{line}\n")) {
            tracing::error!(%error, "a call to AWS could not be recorded in AWS_CALLS_FILE");
        }
    }

    /// One write a line: other processes append too.
    fn append(&self, line: &str) -> io::Result<()> {
        File::options().create(true).append(true).open(&*self.file)?.write_all(line.as_bytes())
    }
}

#[derive(Debug)]
struct Recorded<C> {
    recorder: Recorder,
    client: C,
}

impl HttpClient for Recorded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let client = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Recorded { recorder: self.recorder.clone(), client })
    }
}

impl HttpConnector for Recorded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.recorder.record(&request);
        self.client.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(pairs: &[(&'static str, &'static str)], is_emulator: bool) -> Option<String> {
        let mut env = Env::from_pairs(pairs.iter().copied());
        Recorder::from_env(&mut env, is_emulator);
        env.finish().err().map(|error| error.to_string())
    }

    #[test]
    fn calls_are_recorded_in_local_and_test_only() {
        let file = ("AWS_CALLS_FILE", "/tmp/calls.jsonl");
        assert_eq!(problems(&[file, ("APP_ENV", "test")], true), None);
        assert!(problems(&[file, ("APP_ENV", "test")], false).is_some());
        assert!(problems(&[file, ("APP_ENV", "production")], true).is_some());
        assert_eq!(problems(&[("APP_ENV", "production")], false), None);
    }
}
