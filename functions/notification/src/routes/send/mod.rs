//! What staff and services have sent: one file for each way, one for what they share.

mod author;
pub(super) mod email;
mod input;
pub(super) mod push;
pub(super) mod sms;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::{NotificationId, hex, new_uuid};
use cartwright_web::Problem;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::words;
use cartwright_web::problem::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

use self::input::Wish;
use crate::db::{Kept, Once};
use crate::domain::{Kind, Notice, Say, Status};
use crate::error;
use crate::mail::{Reader, RenderError};
use crate::state::State;

pub(super) use self::author::Author;

/// DynamoDB keeps 400 KB in one item.
const LARGEST: usize = 300 * 1024;

/// That a message will be sent.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    #[schema(value_type = Uuid)]
    id: NotificationId,
    #[schema(schema_with = queued)]
    status: &'static str,
}

fn queued() -> utoipa::openapi::Object {
    words("Where it stands.", &[Status::Queued.as_str()])
}

fn described_kind() -> utoipa::openapi::Object {
    words(
        "Whether it belongs to something its reader does, which it does where this is missing, or is to sell.",
        &Kind::ALL.map(Kind::as_str),
    )
}

async fn accept(
    state: &State,
    author: &Author,
    key: IdempotencyKey,
    path: &str,
    raw: &[u8],
    wish: Wish,
) -> Result<Response, Problem> {
    let now = state.asking.clock.now();
    let asked = wish.asked(new_uuid(state.asking.clock.as_ref()), now)?;
    check(state, &asked.notice).await?;
    let once = once(author.scope(), key, path, raw);
    let kept = state.asking.ask(asked, once.as_ref()).await.map_err(|error| error::store(&error))?;
    answer(kept)
}

/// What identifies the request among its retries, if it has a key.
pub(super) fn once(scope: &str, key: IdempotencyKey, path: &str, raw: &[u8]) -> Option<Once> {
    let key = key.0?;
    let hashed = digest(&SHA256, format!("{scope}\n{key}").as_bytes());
    let fingerprint = fingerprint(&Method::POST, path, raw);
    Some(Once { key: hex(hashed.as_ref()), fingerprint: hex(&fingerprint) })
}

/// 202, the same for a retry of the request.
pub(super) fn answer(kept: Kept) -> Result<Response, Problem> {
    let (id, replayed) = match kept {
        Kept::Fresh(id) => (id, false),
        Kept::Before(id) => (id, true),
        Kept::Reused => {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
                .detail("This key was used for another request."));
        }
    };
    let body = Json(Accepted { id, status: Status::Queued.as_str() });
    let location = [(LOCATION, format!("/notifications/{id}"))];
    let replayed = replayed.then_some([("idempotency-replayed", "true")]);
    Ok((StatusCode::ACCEPTED, location, replayed, body).into_response())
}

/// 422 with what a template's data lacks.
pub(super) fn unfit_data(error: RenderError) -> Problem {
    match error {
        RenderError::Unknown(_) => Problem::not_found(),
        RenderError::Missing { names, .. } => Problem::validation(
            names
                .into_iter()
                .map(|name| FieldError {
                    pointer: format!("/data/{name}"),
                    code: "missing_variable".into(),
                    detail: "is a variable of the template".into(),
                })
                .collect(),
        ),
        RenderError::Broken { source, .. } => Problem::invalid(
            "/data",
            "cannot_be_filled_in",
            format!(
                "the template cannot be filled in with it: {} in line {}",
                source.kind(),
                source.line().unwrap_or(1)
            ),
        ),
        RenderError::TooLarge(_) => Problem::invalid("/data", "too_long", "what comes out is too large"),
    }
}

/// Whether the template is there and can be filled in, and all of it can be kept.
async fn check(state: &State, notice: &Notice) -> Result<(), Problem> {
    if let Say::Template(key) = &notice.say {
        let reader = Reader { locale: notice.locale.as_deref().unwrap_or_default(), ..Reader::default() };
        let stored = state.templates.of(key, notice.channel).await.map_err(|error| error::store(&error))?;
        match state.renderer.render(key, notice.channel, &stored, &reader, &notice.data) {
            Ok(_) => {}
            Err(RenderError::Unknown(_)) => {
                return Err(Problem::invalid("/template", "unknown_template", "is no template"));
            }
            Err(error) => return Err(unfit_data(error)),
        }
    }
    let size = serde_json::to_vec(notice).map_or(usize::MAX, |bytes| bytes.len());
    if size > LARGEST { Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)) } else { Ok(()) }
}
