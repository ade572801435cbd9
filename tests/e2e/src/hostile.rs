//! Requests that mean no good, each with the answer that it must get: the files `hostile-*.toml`, and what runs them.
//!
//! Everything goes over plain sockets, since a client library would tidy up what is to be sent. A case says who sends
//! what and what is expected; what comes before it and after it are requests of the same form.

mod bytes;
mod case;
mod cast;
mod check;
mod files;
mod logs;
mod run;
mod text;
mod tokens;
mod wire;

pub use case::{Case, Script};
pub use cast::Cast;
pub use logs::{Secrets, faults as log_faults};
pub use run::Stage;
