//! What every program needs before it can serve: its environment, AWS, secrets, logs, and an orderly end.

mod app_env;
pub mod aws;
pub mod context;
mod env;
pub mod secrets;
mod serve;
pub mod telemetry;
pub mod transport;

pub use app_env::AppEnv;
pub use env::{Env, EnvError};
pub use serve::{Readiness, Shutdown, serve};
