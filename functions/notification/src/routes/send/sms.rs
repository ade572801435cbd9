//! `POST /notifications/sms`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::response::Response;
use cartwright_types::{OrderId, UserId};
use cartwright_web::idempotency::IdempotencyKey;
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use chrono::{DateTime, Utc};
use serde_json::Value;
use utoipa::ToSchema;

use super::author::Author;
use super::input::{Form, Said, Wish};
use super::{Accepted, accept, described_kind};
use crate::domain::{Channel, To};
use crate::state::State;

/// SNS takes 1,600 characters, in ten parts.
const FORM: Form = Form { subject: None, text: 1_600, html: None };

/// A text message to be sent.
#[derive(ToSchema)]
#[schema(as = SmsRequest)]
#[expect(dead_code, reason = "only described; SmsWish is what is read")]
struct DescribedSms {
    /// The number (E.164). This or `user_id`.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$", examples("+4930123456"))]
    to: Option<String>,
    /// A user, at the account's number and in their language. This or `to`.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// A template's key. This or `text`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("order_shipped"))]
    template: Option<String>,
    /// The template's variables.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    #[schema(max_length = 1_600)]
    text: Option<String>,
    /// BCP 47; the recipient's own where it is missing.
    #[schema(examples("de"))]
    locale: Option<String>,
    #[schema(schema_with = described_kind, required = false)]
    kind: String,
    /// The order it is about.
    #[schema(value_type = Option<Uuid>)]
    order_id: Option<OrderId>,
    /// When to send it, at most 90 days from now; at once where it is missing or past.
    send_at: Option<DateTime<Utc>>,
}

struct SmsWish(Wish);

impl FromFields for SmsWish {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let to = fields.optional("to", rules::phone);
        let user = fields.optional("user_id", rules::id::<UserId>);
        let said = Said::from_fields(fields, &FORM);
        let (to, user) = (to?.map(To::Address), user?.map(|user| To::Person(user.into())));
        let to = Wish::one_of(fields, ("to", to), ("user_id", user))?;
        Some(Self(Wish { channel: Channel::Sms, to, said: said?, attachments: Vec::new() }))
    }
}

/// 202 with the notification's id; 422.
#[utoipa::path(
    post, path = "/notifications/sms", operation_id = "sendSms", tag = "Notifications",
    summary = "Send a text message",
    description = "By staff and services: a template with its variables, or a text. It is kept and sent in the background.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedSms, example = json!({
        "to": "+4930123456", "text": "Your parcel waits for you at the shop."
    })),
    responses(
        (status = 202, description = "It is kept, and will be sent.", body = Accepted, headers(("Location" = String))),
        (status = 422, description = "`validation_failed`, also for a template that is not known (`unknown_template`) or whose \
            variables are missing in `data` (`missing_variable`); or `idempotency_key_reused`.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    author: Author,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let Body { value: SmsWish(wish), raw } = Body::from_request(request, &()).await?;
    accept(&state, &author, key, "/notifications/sms", &raw, wish).await
}
