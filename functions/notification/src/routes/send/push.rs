//! `POST /notifications/push`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::response::Response;
use cartwright_types::{OrderId, UserId};
use cartwright_web::idempotency::IdempotencyKey;
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use chrono::{DateTime, Utc};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::author::Author;
use super::input::{Form, Said, Wish};
use super::{Accepted, accept, described_kind};
use crate::domain::{Channel, To};
use crate::error;
use crate::state::State;

/// Google and Apple take 4 KB in all.
const FORM: Form = Form { subject: Some(100), text: 500, html: None };

/// A push message to be sent.
#[derive(ToSchema)]
#[schema(as = PushRequest)]
#[expect(dead_code, reason = "only described; PushWish is what is read")]
struct DescribedPush {
    /// A user, on every device of theirs. This or `device_id`.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// One device. This or `user_id`.
    device_id: Option<Uuid>,
    /// A template's key. This, or `subject` and `text`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("order_shipped"))]
    template: Option<String>,
    /// The template's variables.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// The line above.
    #[schema(min_length = 1, max_length = 100)]
    subject: Option<String>,
    #[schema(max_length = 500)]
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

/// Whose a device is is not known before the table is asked.
enum Target {
    User(UserId),
    Device(Uuid),
}

struct PushWish {
    target: Target,
    said: Said,
}

impl FromFields for PushWish {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let user = fields.optional("user_id", rules::id::<UserId>);
        let device = fields.optional("device_id", rules::id::<Uuid>);
        let said = Said::from_fields(fields, &FORM);
        let (user, device) = (user?.map(Target::User), device?.map(Target::Device));
        let target = Wish::one_of(fields, ("user_id", user), ("device_id", device))?;
        Some(Self { target, said: said? })
    }
}

/// 202 with the notification's id; 422.
#[utoipa::path(
    post, path = "/notifications/push", operation_id = "sendPush", tag = "Notifications",
    summary = "Send a push message",
    description = "By staff and services: a template with its variables, or a text, to one device or to all of a user's. It is kept \
        and sent in the background.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedPush, example = json!({
        "user_id": "01941f29-7c00-7000-8000-000000000001", "subject": "Your parcel", "text": "It waits for you at the shop."
    })),
    responses(
        (status = 202, description = "It is kept, and will be sent.", body = Accepted, headers(("Location" = String))),
        (status = 422, description = "`validation_failed`, also for a template or a device that is not known \
            (`unknown_template`, `unknown_device`) or variables that are missing in `data` (`missing_variable`); or \
            `idempotency_key_reused`.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    author: Author,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let Body { value: PushWish { target, said }, raw } = Body::from_request(request, &()).await?;
    let to = match target {
        Target::User(user) => To::Person(user.into()),
        Target::Device(device_id) => {
            let found = state.devices.get(device_id).await.map_err(|error| error::store(&error))?;
            let unknown = || Problem::invalid("/device_id", "unknown_device", "is no registered device");
            let user_id = found.filter(|device| !device.is_spent).ok_or_else(unknown)?.user_id;
            To::Device { user_id, device_id }
        }
    };
    let wish = Wish { channel: Channel::Push, to, said, attachments: Vec::new() };
    accept(&state, &author, key, "/notifications/push", &raw, wish).await
}
