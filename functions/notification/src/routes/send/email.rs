//! `POST /notifications/email`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::response::Response;
use cartwright_types::{OrderId, UserId};
use cartwright_web::idempotency::IdempotencyKey;
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, Problem};
use chrono::{DateTime, Utc};
use serde_json::Value;
use utoipa::ToSchema;

use super::author::Author;
use super::input::{Form, Said, Wish};
use super::{Accepted, accept, described_kind};
use crate::domain::{AttachmentSource, Channel, Shelf, To};
use crate::state::State;

const FORM: Form = Form { subject: Some(200), text: 50_000, html: Some(100_000) };
const MOST_ATTACHMENTS: usize = 10;

/// A mail to be sent.
#[derive(ToSchema)]
#[schema(as = EmailRequest)]
#[expect(dead_code, reason = "only described; EmailWish is what is read")]
struct DescribedEmail {
    /// The address. This or `user_id`.
    #[schema(format = "email", examples("ada@example.com"))]
    to: Option<String>,
    /// A user, at the account's address and in their language. This or `to`.
    #[schema(value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// A template's key. This, or `subject` with `text`, `html` or both.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("order_confirmation"))]
    template: Option<String>,
    /// The template's variables.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    #[schema(min_length = 1, max_length = 200)]
    subject: Option<String>,
    /// Made of `html` where it is missing.
    #[schema(max_length = 50_000)]
    text: Option<String>,
    #[schema(max_length = 100_000)]
    html: Option<String>,
    /// Files of the shop's own, 10 MiB in all.
    #[schema(max_items = 10)]
    attachments: Option<Vec<DescribedAttachment>>,
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

/// A file that goes with a mail.
#[derive(ToSchema)]
#[schema(as = AttachmentRequest)]
#[expect(dead_code, reason = "only described; AttachmentSource is what is read")]
struct DescribedAttachment {
    /// What the recipient sees.
    #[schema(min_length = 1, max_length = 100, examples("R-2026-000001.pdf"))]
    filename: String,
    /// Where it lies: `YYYY/…` among the invoices, or `attachments/…`.
    #[schema(max_length = 512, examples("2026/R-2026-000001.pdf"))]
    s3_key: String,
}

struct EmailWish(Wish);

struct AttachmentField(AttachmentSource);

impl FromFields for AttachmentField {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let filename = fields.required("filename", filename);
        let s3_key = fields.required("s3_key", s3_key);
        Some(Self(AttachmentSource { filename: filename?, s3_key: s3_key? }))
    }
}

fn filename(value: Value) -> Result<String, Invalid> {
    let name = rules::text(1, 100)(value)?;
    if name.contains(['/', '\\']) {
        return Err(Invalid::new("invalid_filename", "must be a name without a path"));
    }
    Ok(name)
}

fn s3_key(value: Value) -> Result<String, Invalid> {
    let key = rules::string(value)?;
    match Shelf::of(&key) {
        Some(_) => Ok(key),
        None => Err(Invalid::new("not_allowed", "must be the key of an invoice or begin with attachments/")),
    }
}

impl FromFields for EmailWish {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let to = fields.optional("to", rules::email_address);
        let user = fields.optional("user_id", rules::id::<UserId>);
        let attachments = fields.optional_list::<AttachmentField>("attachments", MOST_ATTACHMENTS);
        let said = Said::from_fields(fields, &FORM);
        let to = to?.map(|address| To::Address(address.written().to_owned()));
        let user = user?.map(|user| To::Person(user.into()));
        let to = Wish::one_of(fields, ("to", to), ("user_id", user))?;
        let attachments = attachments?.unwrap_or_default().into_iter().map(|field| field.0).collect();
        Some(Self(Wish { channel: Channel::Email, to, said: said?, attachments }))
    }
}

/// 202 with the notification's id; 422.
#[utoipa::path(
    post, path = "/notifications/email", operation_id = "sendEmail", tag = "Notifications",
    summary = "Send a mail",
    description = "By staff and services: a template with its variables, or a text. It is kept and sent in the background; \
        `GET /notifications/{id}` tells how it goes. Marketing goes to those only who have agreed to it.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedEmail, example = json!({
        "to": "ada@example.com", "subject": "Your parcel", "text": "It waits for you at the shop."
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
    let Body { value: EmailWish(wish), raw } = Body::from_request(request, &()).await?;
    accept(&state, &author, key, "/notifications/email", &raw, wish).await
}
