//! What the user service tells.

use cartwright_types::UserId;
use serde::{Deserialize, Serialize};

/// Somebody registered; the address is not verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRegistered {
    /// Who.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
}
event!(UserRegistered, "user.registered", "user");

/// The address was verified for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserVerified {
    /// Who.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
}
event!(UserVerified, "user.verified", "user");

/// The password was set anew; a security notice follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserPasswordChanged {
    /// Who.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
}
event!(UserPasswordChanged, "user.password_changed", "user");
