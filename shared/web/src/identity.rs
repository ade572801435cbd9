//! Who calls. The gateway (or another service) says so in a short-lived internal token; services accept nothing else.

mod extract;
mod keys;
mod token;

pub use extract::{Caller, ServiceCall, Staff, User, authenticate};
pub use keys::{AudienceKeys, KeyError};
pub use token::{IdentityError, IdentitySigner, IdentityVerifier, Subject};
