//! PostgreSQL: databases and roles, the pool, migrations, retried transactions, and the tables that carry "exactly once" over crashes
//! (outbox, inbox, idempotency keys).

mod errors;
pub mod idempotency;
pub mod inbox;
mod migrations;
pub mod outbox;
mod pool;
mod relay;
pub mod server;
mod tidy;
mod transaction;

pub use errors::{is_retryable, violates};
pub use migrations::{SchemaError, check_schema, migrate, platform_migrations};
pub use pool::{Database, DatabaseSettings};
pub use relay::Relay;
pub use tidy::tidy;
pub use transaction::Tx;
