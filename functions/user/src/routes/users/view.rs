//! A user as the API shows them.

use cartwright_types::{Role, UserId};
use cartwright_web::openapi::{Locale, Phone, words, words_or_null};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::email_problem::EmailProblem;
use crate::domain::user::{Status, User};

/// What a user and staff may see of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    #[schema(value_type = Uuid)]
    id: UserId,
    #[schema(examples("ada@example.com"))]
    email: String,
    /// The address that takes its place once the mailed link was followed.
    #[schema(required, examples(json!(null)))]
    pending_email: Option<String>,
    /// Whether a link that was mailed to `email` was followed.
    email_verified: bool,
    #[schema(required, schema_with = email_problems)]
    email_problem: Option<&'static str>,
    #[schema(required, examples("Ada Lovelace"))]
    full_name: Option<String>,
    #[schema(required, value_type = Option<Phone>)]
    phone: Option<String>,
    #[schema(value_type = Locale)]
    locale: String,
    /// Whether they want advertising.
    marketing_opt_in: bool,
    role: Role,
    #[schema(schema_with = statuses)]
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

pub(super) fn statuses() -> utoipa::openapi::Object {
    words("Whether they may sign in.", &[Status::Active.as_str(), Status::Suspended.as_str()])
}

fn email_problems() -> utoipa::openapi::Object {
    let meaning = "Why mail to `email` is of no use: there is no such mailbox, or its reader called it spam. Null again once the \
        address was proven anew, or another took its place.";
    words_or_null(meaning, &EmailProblem::WORDS)
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            email_verified: user.is_verified(),
            email_problem: user.email_problem.map(EmailProblem::as_str),
            id: user.id,
            email: user.email,
            pending_email: user.pending_email,
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
