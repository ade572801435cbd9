//! `PUT /users/{id}`

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Fields, FromFields, PathId, Problem, User, rules};

use super::change::UserChange;
use super::update;
use super::view::UserView;
use super::whom::{UserPath, Whom};
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::update_user::Wish;

/// The fields of a PUT.
pub struct Put(Wish);

impl From<Put> for Wish {
    fn from(Put(wish): Put) -> Self {
        wish
    }
}

impl FromFields for Put {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.optional("email", rules::email_address);
        let full_name = fields.optional("full_name", rules::text(1, 200));
        let phone = fields.optional("phone", rules::phone);
        let locale = fields.optional("locale", rules::locale);
        let marketing_opt_in = fields.optional("marketing_opt_in", rules::boolean);
        let role = fields.optional("role", fields::role);
        let status = fields.optional("status", fields::status);
        Some(Self(Wish {
            email: email?,
            full_name: full_name?.into(),
            phone: phone?.into(),
            locale: Some(locale?.unwrap_or_else(|| "en".to_owned())),
            marketing_opt_in: Some(marketing_opt_in?.unwrap_or(false)),
            role: role?,
            status: status?,
        }))
    }
}

/// 200 with the account; 202 when a new address waits for its proof; 403, 404, 412.
#[utoipa::path(
    put, path = "/users/{id}", operation_id = "replaceUser", tag = "Users",
    summary = "Replace an account's profile",
    description = "As PATCH, but what is absent is not kept: `full_name` and `phone` are emptied, `locale` is `en`, \
        `marketing_opt_in` false. `email`, `role` and `status` stay where they are absent.",
    params(UserPath, IfMatch),
    request_body(content = UserChange, example = json!({
        "full_name": "Ada King", "phone": "+4930123456", "locale": "de", "marketing_opt_in": false
    })),
    responses(
        (status = 200, description = "The account as it is now.", body = UserView, headers(("ETag" = String))),
        (status = 202, description = "The account; a new address waits for its proof.", body = UserView, headers(("ETag" = String))),
        (status = 403, description = "`forbidden`: not the caller's to change.", body = ProblemDocument, example = json!({
            "code": "forbidden", "detail": "Your role does not allow this."
        }))
    ),
    security(("bearer" = []))
)]
pub async fn replace(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    update::<Put>(&state, &caller, whom, client, request).await
}
