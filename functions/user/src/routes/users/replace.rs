//! `PUT /users/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::Role;
use cartwright_web::openapi::{Email, IfMatch, Locale, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, User, rules};
use utoipa::ToSchema;

use super::view::{UserView, statuses};
use super::whom::{UserPath, Whom};
use super::{changed, expected, may_change};
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::update_user::{Wish, update_user};

/// All that may be said about an account. `email`, `role` and `status` stay where they are absent.
#[derive(ToSchema)]
#[schema(as = UserReplacement)]
#[expect(dead_code, reason = "only described; Wish is what is read")]
struct UserReplacement {
    /// Counts once the link that is mailed there was followed.
    #[schema(value_type = Option<Email>, nullable = false)]
    email: Option<String>,
    /// Emptied if absent.
    #[schema(min_length = 1, max_length = 200, examples("Ada Lovelace"))]
    full_name: Option<String>,
    /// Emptied if absent.
    #[schema(value_type = Option<cartwright_web::openapi::Phone>)]
    phone: Option<String>,
    /// `en` if absent.
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
    /// False if absent.
    marketing_opt_in: Option<bool>,
    /// By an admin, and of somebody else: else 403.
    role: Option<Role>,
    /// By an admin, and of somebody else: else 403.
    #[schema(schema_with = statuses)]
    status: Option<String>,
}

/// The fields of a PUT.
pub struct Put(Wish);

impl FromFields for Put {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.optional("email", fields::email);
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
    description = "As PATCH, but what is absent is emptied: `full_name`, `phone`, `locale`, `marketing_opt_in`.",
    params(UserPath, IfMatch),
    request_body(content = UserReplacement, example = json!({
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
    headers: HeaderMap,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let id = may_change(&state, &caller, whom, &headers).await?;
    let Put(wish) = Body::<Put>::from_request(request, &()).await?.value;
    let user = update_user(&state, &caller, id, &wish, &expected(&headers), &client.of(&caller)).await?;
    Ok(changed(user, wish.email.is_some()))
}
