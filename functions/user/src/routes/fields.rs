//! Rules for fields that only this service has.

use cartwright_types::Role;
use cartwright_web::rules::{self, Invalid};
use serde_json::Value;

use crate::domain::password::{LEAST, MOST, Password, PasswordError};
use crate::domain::user::Status;

/// A new password.
pub fn new_password(value: Value) -> Result<Password, Invalid> {
    Password::choose(&rules::string(value)?).map_err(|error| match error {
        PasswordError::TooShort => {
            Invalid { code: "too_short".into(), detail: format!("at least {LEAST} characters").into() }
        }
        PasswordError::TooLong => {
            Invalid { code: "too_long".into(), detail: format!("at most {MOST} characters").into() }
        }
        PasswordError::TooCommon => {
            Invalid::new("password_too_common", "is one of those that everybody tries first")
        }
    })
}

/// A role.
pub fn role(value: Value) -> Result<Role, Invalid> {
    rules::string(value)?
        .parse()
        .map_err(|_| Invalid::new("unknown_role", "must be customer, staff or admin"))
}

/// A status of accounts.
pub fn status(value: Value) -> Result<Status, Invalid> {
    rules::string(value)?.parse().map_err(|_| Invalid::new("unknown_status", "must be active or suspended"))
}
