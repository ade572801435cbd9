//! What the user service tells.

use cartwright_types::{SessionId, UserId};
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

/// An administrator suspended the account; its sessions are over (see [`SessionRevoked`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserSuspended {
    /// Who.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
}
event!(UserSuspended, "user.suspended", "user");

/// The account is gone: whoever holds something personal about it removes that, except what the law makes them keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserErased {
    /// Who it was.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
}
event!(UserErased, "user.erased", "user");

/// Sessions ended before their time: access tokens that name them are refused from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionRevoked {
    /// Whose.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub user_id: UserId,
    /// Those that may have an access token which is still good; at most [`SessionRevoked::MOST`].
    #[cfg_attr(feature = "schema", schemars(with = "Vec<uuid::Uuid>"))]
    pub session_ids: Vec<SessionId>,
}
event!(SessionRevoked, "session.revoked", "user");

impl SessionRevoked {
    /// Sessions in one event: well under what a message may hold.
    pub const MOST: usize = 1000;
}
