//! What every program needs before it can serve: its environment, AWS, secrets, logs, and an orderly end.

mod app_env;
pub mod aws;
pub mod breaker;
pub mod context;
mod env;
mod errors;
mod healthcheck;
mod lambda;
mod listen;
pub mod metrics;
pub mod secrets;
mod serve;
mod start;
pub mod telemetry;
pub mod traces;
pub mod transport;
mod usage;
mod work;

pub use app_env::AppEnv;
pub use env::{Env, EnvError};
pub use errors::{BoxError, chain};
pub use lambda::Invoked;
pub use listen::Listen;
pub use serve::{Program, Readiness};
pub use start::{About, start};
pub use usage::Usage;
pub use work::{QueueConsumer, Work, every};
