//! One process and its Runtime API.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cartwright_types::{Clock as _, SystemClock, new_uuid};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::api::{Event, Fault, Report, RuntimeApi};
use super::{FunctionError, FunctionSettings};

/// How long a function may take to ask for its first event.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How long it may take to ask for the next one.
const POLL_LIMIT: Duration = Duration::from_secs(5);
/// How often is looked whether the process lives.
const LOOK: Duration = Duration::from_millis(2);
const REGION: &str = "us-east-1";

/// A running process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Environment {
    child: Child,
    api: RuntimeApi,
    init: Duration,
    timeout: Duration,
    name: String,
    answered: bool,
    /// It waits for an event, frozen.
    waiting: bool,
}

impl Environment {
    pub(super) async fn start(settings: &FunctionSettings, log: &Path) -> Result<Self, FunctionError> {
        let api = RuntimeApi::start().await?;
        let output = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(&settings.program);
        command
            .args(&settings.arguments)
            .env_clear()
            .envs(of_lambda(settings))
            .envs(&settings.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let started = Instant::now();
        let child = command.spawn()?;
        let mut environment = Self {
            child,
            api,
            init: Duration::ZERO,
            timeout: settings.timeout,
            name: settings.name(),
            answered: false,
            waiting: false,
        };
        match environment.report(INIT_LIMIT).await? {
            Report::Polled => {}
            Report::InitFailed(Fault { kind, message }) => return Err(FunctionError::Init { kind, message }),
            Report::Answered(_) => return Err(FunctionError::Unanswered),
        }
        environment.init = started.elapsed();
        environment.freeze();
        Ok(environment)
    }

    pub(super) const fn init(&self) -> Duration {
        self.init
    }

    pub(super) const fn has_answered(&self) -> bool {
        self.answered
    }

    /// Whether it can be given another event.
    pub(super) const fn is_usable(&self) -> bool {
        self.waiting
    }

    pub(super) async fn invoke(&mut self, event: &Value) -> Result<(Bytes, Duration), FunctionError> {
        let id = new_uuid(&SystemClock).to_string();
        let limit = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        self.thaw();
        let started = Instant::now();
        self.api.hand_out(Event {
            trace_id: format!("Root=1-{}-{};Sampled=0", &id[..8], id.replace('-', "").split_off(8)),
            function_arn: format!("arn:aws:lambda:{REGION}:000000000000:function:{}", self.name),
            deadline_milliseconds: SystemClock.now().timestamp_millis() + limit,
            body: event.to_string().into_bytes(),
            id,
        });
        let report = self.report(self.timeout).await;
        let took = started.elapsed();
        self.api.give_up();
        let outcome = match report? {
            Report::Answered(outcome) => outcome,
            Report::Polled => return Err(FunctionError::Unanswered),
            Report::InitFailed(fault) => Err(fault),
        };
        self.answered = true;
        // Lambda freezes a function when it asks for the next event, not before: what it does between is its own time.
        if let Ok(Report::Polled) = self.report(POLL_LIMIT).await {
            self.freeze();
        }
        match outcome {
            Ok(body) => Ok((body, took)),
            Err(Fault { kind, message }) => Err(FunctionError::Failed { kind, message }),
        }
    }

    /// What the function does next; one that takes longer than `limit` is killed.
    async fn report(&mut self, limit: Duration) -> Result<Report, FunctionError> {
        let deadline = Instant::now() + limit;
        loop {
            tokio::select! {
                biased;
                Some(report) = self.api.reports.recv() => return Ok(report),
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Some(status) = self.ended()? {
                // Its last word may have come in between.
                let ended = FunctionError::Ended { status, output: String::new() };
                return self.api.reports.try_recv().map_err(|_| ended);
            }
            if Instant::now() > deadline {
                self.kill();
                return Err(FunctionError::TimedOut(limit));
            }
        }
    }

    fn ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    fn freeze(&mut self) {
        self.waiting = true;
        self.signal(Signal::SIGSTOP);
    }

    fn thaw(&mut self) {
        self.waiting = false;
        self.signal(Signal::SIGCONT);
    }

    fn signal(&mut self, signal: Signal) {
        // Only a child that was not waited for yet has its process id for sure.
        if matches!(self.child.try_wait(), Ok(None))
            && let Ok(id) = i32::try_from(self.child.id())
        {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    fn kill(&mut self) {
        self.waiting = false;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What Lambda tells every function. Credentials and region are in the function's own environment.
fn of_lambda(settings: &FunctionSettings) -> Vec<(&'static str, String)> {
    let name = settings.name();
    vec![
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("TZ", ":UTC".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory_megabytes.to_string()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
    ]
}
