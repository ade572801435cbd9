//! AWS Lambda without AWS: runs a program as the function that it is, by the documented Runtime API (2018-06-01), and
//! freezes it between invocations, as Lambda does, so that work which is left for later is seen not to happen.
//!
//! ```no_run
//! # async fn example() -> Result<(), cartwright_test_support::lambda::FunctionError> {
//! use cartwright_test_support::lambda::{FunctionSettings, LambdaFunction};
//!
//! let settings = FunctionSettings::new("target/debug/product", [("APP_ENV", "test")]);
//! let function = LambdaFunction::start(settings).await?;
//! let answer = function.invoke(&serde_json::json!({ "version": "2.0" })).await?;
//! println!("{} after {:?}", answer.payload, function.init());
//! # Ok(())
//! # }
//! ```

mod api;
mod balancer;
mod environment;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;

pub use balancer::LoadBalancer;
use environment::Environment;

/// How a function is set up.
#[derive(Debug, Clone)]
pub struct FunctionSettings {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; Lambda gives none.
    pub arguments: Vec<String>,
    /// The function's own environment; nothing else but what Lambda sets is passed on.
    pub environment: BTreeMap<String, String>,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// What the function is told that it has.
    pub memory_megabytes: u32,
    /// Where its output is appended; by default a file that goes with the function.
    pub log: Option<PathBuf>,
}

impl FunctionSettings {
    /// A function with 30 s and 256 MB.
    #[must_use]
    pub fn new<K: Into<String>, V: Into<String>>(
        program: impl Into<PathBuf>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: environment.collect(),
            timeout: Duration::from_secs(30),
            memory_megabytes: 256,
            log: None,
        }
    }

    /// With another time limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With its output in this file.
    #[must_use]
    pub fn log(mut self, file: impl Into<PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// What a function answered.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The answer.
    pub payload: Value,
    /// From the event being handed out to the answer.
    pub took: Duration,
    /// Whether an environment was started for it.
    pub cold: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The function says that the event failed.
    #[error("the function failed: {kind}: {message}")]
    Failed {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// The function says that it cannot start.
    #[error("the function cannot start: {kind}: {message}")]
    Init {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// The process ended before it answered.
    #[error("the process ended ({status}), its last lines:\n{output}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The last lines that it wrote.
        output: String,
    },
    /// It took too long and was killed.
    #[error("timed out after {0:?}")]
    TimedOut(Duration),
    /// It asked for the next event and had not answered this one.
    #[error("the function asked for the next event without answering this one")]
    Unanswered,
    /// The answer is no JSON.
    #[error("the answer is no JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The program cannot be started, or the API cannot listen.
    #[error("cannot be started: {0}")]
    Start(#[from] std::io::Error),
}

impl FunctionError {
    /// Of a process that ended, the last lines in `log` too.
    fn with_output(self, log: &Path) -> Self {
        let Self::Ended { status, .. } = self else { return self };
        let all = read(log);
        let lines: Vec<&str> = all.lines().collect();
        Self::Ended { status, output: lines[lines.len().saturating_sub(15)..].join("\n") }
    }
}

fn read(log: &Path) -> String {
    std::fs::read(log).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A function and its environments: one invocation at a time in each, as many as are needed at once. Dropping it kills
/// them.
#[derive(Debug)]
pub struct LambdaFunction {
    settings: FunctionSettings,
    log: PathBuf,
    own_log: bool,
    idle: Mutex<Vec<Environment>>,
    started: AtomicUsize,
    init: Duration,
    first_answer: OnceLock<Duration>,
}

impl LambdaFunction {
    /// Starts a first environment and waits until it asks for an event.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not come so far in ten seconds.
    pub async fn start(settings: FunctionSettings) -> Result<Self, FunctionError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cartwright-lambda-{}-{number}.log", std::process::id());
        let log = settings.log.clone().unwrap_or_else(|| std::env::temp_dir().join(name));
        let own_log = settings.log.is_none();
        let environment = match Environment::start(&settings, &log).await {
            Ok(environment) => environment,
            Err(error) => {
                let error = error.with_output(&log);
                if own_log {
                    let _ = std::fs::remove_file(&log);
                }
                return Err(error);
            }
        };
        Ok(Self {
            own_log,
            log,
            init: environment.init(),
            idle: Mutex::new(vec![environment]),
            started: AtomicUsize::new(1),
            first_answer: OnceLock::new(),
            settings,
        })
    }

    /// Hands an event to an environment that is idle, or to a new one.
    ///
    /// # Errors
    /// The function reports an error, ends, or takes too long.
    pub async fn invoke(&self, event: &Value) -> Result<Invocation, FunctionError> {
        let idle = self.idle().pop();
        let mut environment = if let Some(environment) = idle {
            environment
        } else {
            let environment = Environment::start(&self.settings, &self.log).await;
            self.started.fetch_add(1, Ordering::Relaxed);
            environment.map_err(|error| error.with_output(&self.log))?
        };
        let cold = !environment.has_answered();
        let outcome = environment.invoke(event).await;
        if environment.is_usable() {
            self.idle().push(environment);
        }
        let (body, took) = outcome.map_err(|error| error.with_output(&self.log))?;
        // Another cold environment may be the first to answer; its time says the same.
        self.first_answer.get_or_init(|| took);
        Ok(Invocation { payload: serde_json::from_slice(&body)?, took, cold })
    }

    /// From the start of the first process to its first request for an event.
    #[must_use]
    pub fn init(&self) -> Duration {
        self.init
    }

    /// From the first event to its answer; None before.
    #[must_use]
    pub fn first_answer(&self) -> Option<Duration> {
        self.first_answer.get().copied()
    }

    /// How many environments were started so far.
    #[must_use]
    pub fn environments(&self) -> usize {
        self.started.load(Ordering::Relaxed)
    }

    /// The file with all output.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// All output so far.
    #[must_use]
    pub fn output(&self) -> String {
        read(&self.log)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Environment>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LambdaFunction {
    fn drop(&mut self) {
        self.idle().clear();
        if self.own_log {
            let _ = std::fs::remove_file(&self.log);
        }
    }
}
