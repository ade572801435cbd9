//! A user as the API shows them.

use cartwright_types::{Role, UserId};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::user::User;

/// What a user and staff may see of an account.
#[derive(Serialize)]
pub struct UserView {
    id: UserId,
    email: String,
    email_verified: bool,
    full_name: Option<String>,
    phone: Option<String>,
    locale: String,
    marketing_opt_in: bool,
    role: Role,
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            email_verified: user.is_verified(),
            id: user.id,
            email: user.email,
            full_name: user.full_name,
            phone: user.phone,
            locale: user.locale,
            marketing_opt_in: user.marketing_opt_in,
            role: user.role,
            status: user.status.as_str(),
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}
