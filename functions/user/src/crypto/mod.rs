//! Keys and hashes: passwords, access tokens, refresh tokens.

pub mod access_token;
pub mod hasher;
pub mod token;
