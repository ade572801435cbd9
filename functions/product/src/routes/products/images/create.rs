//! `POST /products/{id}/images`

use std::collections::BTreeMap;

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{ImageId, ProductId};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::rules::Invalid;
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, Staff, rules};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ProductPath;
use crate::clients::pictures::Upload;
use crate::db::images;
use crate::domain::picture::{CONTENT_TYPES, MOST, MOST_BYTES};
use crate::error;
use crate::state::State;
use crate::usecases::images::{AddError, NewImage, add};

/// A picture to come.
#[derive(ToSchema)]
#[schema(as = NewProductImage)]
#[expect(dead_code, reason = "only described; NewImage is what is read")]
struct NewProductImage {
    /// For people; it is never part of a URL.
    #[schema(min_length = 1, max_length = 255, examples("tent.jpg"))]
    filename: String,
    #[schema(schema_with = content_types)]
    content_type: String,
    /// Bytes of the file, exactly.
    #[schema(minimum = 1, maximum = 10_485_760)]
    content_length: i64,
    /// What it shows, for those who cannot see it.
    #[schema(max_length = 500, examples("A green tent in a meadow"))]
    alt: Option<String>,
}

fn content_types() -> utoipa::openapi::Object {
    cartwright_web::openapi::words("What the file is; its bytes are looked at.", &CONTENT_TYPES)
}

impl FromFields for NewImage {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let filename = fields.required("filename", rules::text(1, 255));
        let content_type = fields.required("content_type", |value| {
            let text = rules::string(value)?;
            let taken = CONTENT_TYPES.contains(&text.as_str());
            if taken {
                Ok(text)
            } else {
                Err(Invalid::new("unknown_content_type", "must be image/jpeg, image/png or image/webp"))
            }
        });
        let content_length = fields.required("content_length", rules::integer(1, MOST_BYTES));
        let alt = fields.optional("alt", rules::text(0, 500));
        Some(Self {
            filename: filename?,
            content_type: content_type?,
            content_length: content_length?,
            alt: alt?.unwrap_or_default(),
        })
    }
}

/// A picture that waits for its bytes.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingImage)]
pub struct PendingImage {
    id: Uuid,
    #[schema(schema_with = pending)]
    status: &'static str,
    upload: UploadView,
}

/// The request that brings the bytes. It is good for 10 minutes.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload)]
struct UploadView {
    #[schema(examples("PUT"))]
    method: String,
    #[schema(format = "uri")]
    url: String,
    /// To be sent as they are: they are signed.
    headers: BTreeMap<String, String>,
}

fn pending() -> utoipa::openapi::Object {
    cartwright_web::openapi::words("It is ready some seconds after the upload.", &["pending"])
}

impl PendingImage {
    fn new(id: Uuid, upload: Upload) -> Self {
        let Upload { method, url, headers } = upload;
        Self {
            id,
            status: "pending",
            upload: UploadView { method, url, headers: headers.into_iter().collect() },
        }
    }
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        match error {
            AddError::NotFound => Self::not_found(),
            AddError::Full => Self::conflict("too_many_images")
                .detail(format!("A product has at most {MOST} pictures. Remove one first.")),
            AddError::Pictures(error) => Self::internal(&error),
            AddError::Database(error) => error::database(&error),
        }
    }
}

/// 201 with the upload to be made; 404, 409 `too_many_images`.
#[utoipa::path(
    post, path = "/products/{id}/images", operation_id = "addProductImage", tag = "Catalogue",
    summary = "Add a picture to a product",
    description = "By staff. The answer has the request that uploads the file to S3, with its type and its exact length signed. \
        Once the file is there it is looked at: what is no image is refused and removed; an image becomes `ready`, upright, \
        without its metadata, as WebP in three sizes. A product has at most 20 pictures.",
    params(ProductPath, OptionalIdempotencyKey),
    request_body(content = NewProductImage, example = json!({
        "filename": "tent.jpg", "content_type": "image/jpeg", "content_length": 482_113, "alt": "A green tent in a meadow"
    })),
    responses(
        (status = 201, description = "Its place is there.", body = PendingImage),
        (status = 409, description = "`too_many_images`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), example = json!({
                "code": "too_many_images", "detail": "A product has at most 20 pictures. Remove one first."
            }))
    ),
    security(("bearer" = []))
)]
pub async fn create(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathId(product): PathId<ProductId>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let pool = state.database.pool();
    if !images::is_shown(pool, product, true).await.map_err(|e| error::database(&e))? {
        return Err(Problem::not_found());
    }
    let body = Body::<NewImage>::from_request(request, &()).await?;
    let path = format!("/products/{product}/images");
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, &path, &body.raw),
    });
    let image = body.value;
    idempotent::run_if::<AddError, _>(pool, state.clock.as_ref(), request, &path, async |id| {
        match add(&state, product, ImageId(id), &image).await {
            Ok(upload) => {
                let body = serde_json::to_value(PendingImage::new(id, upload)).unwrap_or_default();
                Outcome::Done(StatusCode::CREATED, HeaderMap::new(), body)
            }
            Err(error @ AddError::Full) => Outcome::Final(error.into()),
            Err(error) => Outcome::Free(error.into()),
        }
    })
    .await
}
