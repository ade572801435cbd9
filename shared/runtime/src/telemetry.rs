//! Logs: one JSON object a line on standard output, for CloudWatch and for `jq` alike; and the start of metrics and traces.

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::{AppEnv, Env, metrics, traces, usage};

/// What is logged and where spans go.
#[derive(Debug)]
pub struct Telemetry {
    filter: EnvFilter,
    /// Whether each request's use of the database and of AWS is counted.
    counted: bool,
    traces: Option<traces::Collector>,
}

impl Telemetry {
    /// Reads it. `LOG_LEVEL` is a filter such as `info` or `order=debug,warn`; `OTEL_EXPORTER_OTLP_ENDPOINT` is where
    /// spans go, if anywhere.
    pub fn from_env(env: &mut Env) -> Self {
        let filter: String = env.or("LOG_LEVEL", "info".to_owned());
        let filter = EnvFilter::try_new(&filter).unwrap_or_else(|_| {
            env.problem(
                "LOG_LEVEL is malformed: use error, warn, info, debug, or a filter such as order=debug,warn",
            );
            EnvFilter::new("info")
        });
        let counted = env.optional("APP_ENV").is_some_and(AppEnv::is_local);
        Self { filter, counted, traces: traces::Collector::from_env(env) }
    }

    /// Starts logging, metrics and traces for `service`, by the name it is deployed under.
    ///
    /// # Errors
    /// Logging was started before in this process.
    pub fn start(self, service: &'static str) -> Result<(), anyhow::Error> {
        let format = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false);
        tracing_subscriber::registry()
            .with(format.with_filter(self.filter))
            .with(self.counted.then(usage::layer))
            .try_init()?;
        metrics::init(service);
        if let Some(collector) = self.traces {
            traces::init(service, &collector)?;
        }
        std::panic::set_hook(Box::new(move |panic| {
            let location = panic.location().map(ToString::to_string);
            // Only a text that stands in the program: one made while it ran may hold anything.
            let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
            tracing::error!(service, location, "panic: {text}");
        }));
        Ok(())
    }
}
