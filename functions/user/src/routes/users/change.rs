//! `PATCH /users/{id}`

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use cartwright_types::Role;
use cartwright_web::openapi::{Email, IfMatch, Locale, ProblemDocument};
use cartwright_web::{Fields, FromFields, PathId, Problem, User, rules};
use utoipa::ToSchema;

use super::update;
use super::view::{UserView, statuses};
use super::whom::{UserPath, Whom};
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::update_user::Wish;

/// What an account is to say.
#[derive(ToSchema)]
#[schema(as = UserChange)]
#[expect(dead_code, reason = "only described; Wish is what is read")]
pub(super) struct UserChange {
    /// Counts once the link that is mailed there was followed.
    #[schema(value_type = Option<Email>, nullable = false)]
    email: Option<String>,
    /// Null empties it.
    #[schema(min_length = 1, max_length = 200, examples("Ada Lovelace"))]
    full_name: Option<String>,
    /// Null empties it.
    #[schema(value_type = Option<cartwright_web::openapi::Phone>)]
    phone: Option<String>,
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
    marketing_opt_in: Option<bool>,
    /// By an admin, and of somebody else: else 403.
    role: Option<Role>,
    /// By an admin, and of somebody else: else 403.
    #[schema(schema_with = statuses)]
    status: Option<String>,
}

/// The fields of a PATCH.
pub struct Patch(Wish);

impl From<Patch> for Wish {
    fn from(Patch(wish): Patch) -> Self {
        wish
    }
}

impl FromFields for Patch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.optional("email", rules::email_address);
        let full_name = fields.change("full_name", rules::text(1, 200));
        let phone = fields.change("phone", rules::phone);
        let locale = fields.optional("locale", rules::locale);
        let marketing_opt_in = fields.optional("marketing_opt_in", rules::boolean);
        let role = fields.optional("role", fields::role);
        let status = fields.optional("status", fields::status);
        Some(Self(Wish {
            email: email?,
            full_name: full_name?,
            phone: phone?,
            locale: locale?,
            marketing_opt_in: marketing_opt_in?,
            role: role?,
            status: status?,
        }))
    }
}

/// 200 with the account; 202 when a new address waits for its proof; 403, 404, 412.
#[utoipa::path(
    patch, path = "/users/{id}", operation_id = "changeUser", tag = "Users",
    summary = "Change an account",
    description = "One's own; staff may change customers', admins everybody's. A new `email` counts once the link that is \
        mailed there was followed: 202, with `pending_email`. `role` and `status` are an admin's to change, and never one's \
        own; the sessions of whom they change end.",
    params(UserPath, IfMatch),
    request_body(content = UserChange, example = json!({ "full_name": "Ada King", "marketing_opt_in": true })),
    responses(
        (status = 200, description = "The account as it is now.", body = UserView, headers(("ETag" = String))),
        (status = 202, description = "The account; a new address waits for its proof.", body = UserView, headers(("ETag" = String))),
        (status = 403, description = "`forbidden`: not the caller's to change.", body = ProblemDocument, example = json!({
            "code": "forbidden", "detail": "Your role does not allow this."
        }))
    ),
    security(("bearer" = []))
)]
pub async fn change(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    update::<Patch>(&state, &caller, whom, client, request).await
}
