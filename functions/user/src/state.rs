//! What handlers share.

use std::sync::Arc;

use cartwright_database::Database;
use cartwright_types::SharedClock;

use crate::clients::holders::Holders;
use crate::crypto::access_token::AccessTokens;
use crate::crypto::hasher::Hasher;
use crate::crypto::token::SuccessorKey;
use crate::usecases::throttle::Throttle;

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The service's database.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Signs access tokens.
    pub access_tokens: Arc<AccessTokens>,
    /// Derives refresh tokens.
    pub successor_key: SuccessorKey,
    /// Counts tries.
    pub throttle: Throttle,
    /// The other services, for what they hold about a user.
    pub holders: Arc<Holders>,
    /// Whether a sign-in needs a proven address.
    pub require_verified_email: bool,
}
