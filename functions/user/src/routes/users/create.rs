//! `POST /users`: staff invite, everybody else registers.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_database::idempotency;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{Role, UserId};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{Email, Locale, OptionalIdempotencyKey, Phone, ProblemDocument};
use cartwright_web::{Body, Caller, Fields, FromFields, Problem, User, etag, rules};
use utoipa::ToSchema;

use super::view::UserView;
use crate::error::Failure;
use crate::routes::auth::queued::{VERIFICATION_SENT, VerificationSent};
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::invite_user::{Invitation, InviteError, invite_user};
use crate::usecases::register::{self, Registration};

/// Somebody to be invited; without a token the fields of a registration, with its `password` and without `role`.
#[derive(ToSchema)]
#[schema(as = NewUser)]
#[expect(dead_code, reason = "only described; Invitation and Registration are what is read")]
struct NewUser {
    #[schema(value_type = Email)]
    email: String,
    /// Only without a token, and then required: the password, as in `POST /auth/register`.
    #[schema(format = "password", min_length = 8, max_length = 128, nullable = false)]
    password: Option<String>,
    #[schema(min_length = 1, max_length = 200, examples("Ada Lovelace"))]
    full_name: Option<String>,
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
    /// The language of mails; `en` if absent.
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
    /// By an admin, else 403; `customer` if absent.
    role: Option<Role>,
}

/// An invitation, with whether it names a role.
struct Invited {
    invitation: Invitation,
    names_role: bool,
}

impl FromFields for Invited {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", rules::email_address);
        let full_name = fields.optional("full_name", rules::text(1, 200));
        let phone = fields.optional("phone", rules::phone);
        let locale = fields.optional("locale", rules::locale);
        let role = fields.optional("role", fields::role)?;
        Some(Self {
            names_role: role.is_some(),
            invitation: Invitation {
                email: email?,
                full_name: full_name?,
                phone: phone?,
                locale: locale?,
                role: role.unwrap_or(Role::Customer),
            },
        })
    }
}

/// 201 with the account for staff, 202 for everybody without a token; 403, 409 `email_taken`.
#[utoipa::path(
    post, path = "/users", operation_id = "createUser", tag = "Users",
    summary = "Create an account",
    description = "By staff: makes the account and mails a link that sets its password. Without a token: the same as `POST \
        /auth/register`.",
    params(OptionalIdempotencyKey),
    request_body(content = NewUser, example = json!({ "email": "ada@example.com", "full_name": "Ada Lovelace" })),
    responses(
        (status = 201, description = "The account is made, and its invitation on its way.", body = UserView,
            headers(("ETag" = String), ("Location" = String))),
        (status = 202, description = "Without a token: a mail is on its way.", body = VerificationSent),
        (status = 409, description = "`email_taken`, or `idempotency_in_flight` with `Retry-After`.", body = ProblemDocument,
            headers(("Retry-After" = i32)),
            example = json!({ "code": "email_taken", "detail": "There is an account with this address." }))
    ),
    security((), ("bearer" = []))
)]
pub async fn create(
    Shared(state): Shared<State>,
    caller: Caller,
    key: IdempotencyKey,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    match caller.user() {
        Some(user) if user.is_staff() => {
            let body = Body::<Invited>::from_request(request, &()).await?;
            invite(&state, user, key, client, body).await
        }
        Some(_) => Err(Problem::forbidden()),
        None => {
            key.anonymous()?;
            let body = Body::<Registration>::from_request(request, &()).await?;
            state.throttle.address(&body.email, client.address).await?;
            register::register(&state, &body, &client.anonymous()).await?;
            Ok((StatusCode::ACCEPTED, Json(VERIFICATION_SENT)).into_response())
        }
    }
}

async fn invite(
    state: &State,
    staff: User,
    key: IdempotencyKey,
    client: Client,
    body: Body<Invited>,
) -> Result<Response, Problem> {
    if body.names_role && staff.role < Role::Admin {
        return Err(Problem::forbidden());
    }
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, "/users", &body.raw),
    });
    let (invitation, origin) = (body.value.invitation, client.of(&staff));
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/users",
        async |id| match invite_user(state, UserId(id), &invitation, &origin).await {
            Ok(user) => {
                let mut headers = HeaderMap::new();
                headers.insert(ETAG, etag::strong(&user.version.to_string()));
                if let Ok(location) = HeaderValue::from_str(&format!("/users/{id}")) {
                    headers.insert(LOCATION, location);
                }
                let body = serde_json::to_value(UserView::from(user)).unwrap_or_default();
                Outcome::Done(StatusCode::CREATED, headers, body)
            }
            Err(InviteError::EmailTaken) => Outcome::Final(
                Problem::conflict("email_taken").detail("There is an account with this address."),
            ),
            Err(InviteError::Failure(failure)) => Outcome::Free(failure.into()),
        },
    )
    .await
}
