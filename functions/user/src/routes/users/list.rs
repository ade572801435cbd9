//! `GET /users`

use axum::extract::State as Shared;
use cartwright_types::{EmailAddress, Role};
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{FromParams, Params, Problem, Query, Staff};
use chrono::{DateTime, Utc};
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::{UserView, statuses};
use crate::db::users::{self, UserFilter};
use crate::domain::email_problem::EmailProblem;
use crate::domain::user::Status;
use crate::error::Failure;
use crate::state::State;

/// Characters of `q`.
const LONGEST_PART: usize = 100;

/// The query.
pub struct ListUsers {
    filter: UserFilter,
    page: PageRequest<(DateTime<Utc>, Uuid)>,
}

impl FromParams for ListUsers {
    fn from_params(params: &mut Params) -> Option<Self> {
        let email = params.optional("email", |text| {
            let address = EmailAddress::new(text);
            rules::email(address.written().into()).map(|_| address)
        });
        let role = params.optional("role", |text| {
            text.parse::<Role>().map_err(|_| Invalid::new("unknown_role", "is not a role"))
        });
        let status = params.optional("status", |text| {
            text.parse::<Status>().map_err(|_| Invalid::new("unknown_status", "is not a status of accounts"))
        });
        let email_problem = params.optional("email_problem", |text| {
            let problem = text.parse::<EmailProblem>();
            problem.map_err(|_| Invalid::new("unknown_email_problem", "is bounced or complained"))
        });
        let part = params.optional("q", |text| {
            let fits = (1..=LONGEST_PART).contains(&text.chars().count());
            if fits {
                Ok(text.to_owned())
            } else {
                Err(Invalid::new("wrong_length", "has 1 to 100 characters"))
            }
        });
        let created_from = params.optional("created_from", time);
        let created_to = params.optional("created_to", time);
        let oldest_first = params.optional("sort", |text| match text {
            "created_at" => Ok(true),
            "-created_at" => Ok(false),
            _ => Err(Invalid::new("unknown_sort", "is created_at or -created_at")),
        });
        let (email, role, status, email_problem, part) = (email?, role?, status?, email_problem?, part?);
        let (created_from, created_to) = (created_from?, created_to?);
        let oldest_first = oldest_first?.unwrap_or(false);
        let address = email.as_ref().map(EmailAddress::normalised);
        let filters = format!(
            "{address:?} {role:?} {status:?} {email_problem:?} {part:?} {created_from:?} {created_to:?} {oldest_first}"
        );
        let page = PageRequest::from_params(params, &filters)?;
        let filter = UserFilter {
            email,
            role,
            status,
            email_problem,
            part,
            created_from,
            created_to,
            oldest_first,
            after: page.after,
        };
        Some(Self { filter, page })
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, Invalid> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| Invalid::new("invalid_time", "must be a time in RFC 3339, such as 2026-11-02T00:00:00Z"))
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; ListUsers is what is read")]
struct ListParams {
    /// Only the account of this address.
    #[param(required = false)]
    email: String,
    /// Only accounts with this role.
    #[param(inline, required = false)]
    role: Role,
    /// Only accounts with this status.
    #[param(required = false, schema_with = statuses)]
    status: String,
    /// Only accounts that mail is of no use to, for this reason.
    #[param(required = false, schema_with = email_problems)]
    email_problem: String,
    /// Part of the address or the name, in any case.
    #[param(required = false, min_length = 1, max_length = 100)]
    q: String,
    /// Registered then or later.
    #[param(required = false)]
    created_from: DateTime<Utc>,
    /// Registered before.
    #[param(required = false)]
    created_to: DateTime<Utc>,
    /// The order; newest first if absent.
    #[param(required = false, schema_with = sorts)]
    sort: String,
}

fn email_problems() -> utoipa::openapi::Object {
    words("Why mail to them is of no use.", &EmailProblem::WORDS)
}

fn sorts() -> utoipa::openapi::Object {
    words("The order; newest first if absent.", &["created_at", "-created_at"])
}

/// 200 with a page; 403 for customers.
#[utoipa::path(
    get, path = "/users", operation_id = "listUsers", tag = "Users",
    summary = "List accounts",
    description = "For staff. By the time of their registration, newest first unless `sort=created_at`.",
    params(ListParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<UserView>)),
    security(("bearer" = []))
)]
pub async fn list(
    Shared(state): Shared<State>,
    _staff: Staff,
    Query(ListUsers { filter, page }): Query<ListUsers>,
) -> Result<Page<UserView>, Problem> {
    let users = users::list(state.database.pool(), &filter, page.fetch()).await.map_err(Failure::from)?;
    Ok(page.page(users, |user| (user.created_at, user.id.uuid())).map(UserView::from))
}
