//! `PATCH /products/{id}/images/{image_id}`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::{ETAG, HeaderMap, HeaderName, HeaderValue};
use cartwright_types::{ImageId, ProductId};
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, Change, Fields, FromFields, PathIds, Problem, Staff, etag, rules};
use utoipa::ToSchema;

use super::view::ImageEntry;
use super::{ImagePath, may_change};
use crate::domain::picture::MOST;
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::images::{self, ImageChange};

/// What is to change; what is absent stays.
#[derive(ToSchema)]
#[schema(as = ProductImageChange)]
#[expect(dead_code, reason = "only described; ImageChange is what is read")]
struct ProductImageChange {
    /// Its place among the product's pictures, from 0; the others make room.
    #[schema(minimum = 0, maximum = 19)]
    position: Option<i32>,
    /// What it shows, for those who cannot see it. Null empties it.
    #[schema(max_length = 500)]
    alt: Option<String>,
}

impl FromFields for ImageChange {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let position = fields.optional("position", rules::integer(0, MOST - 1));
        let alt = fields.change("alt", rules::text(0, 500));
        Some(Self {
            position: position?.and_then(|position| usize::try_from(position).ok()),
            alt: match alt? {
                Change::Keep => None,
                Change::Clear => Some(String::new()),
                Change::Set(alt) => Some(alt),
            },
        })
    }
}

/// 200 with the picture; 404, 412, 428.
#[utoipa::path(
    patch, path = "/products/{id}/images/{image_id}", operation_id = "changeProductImage", tag = "Catalogue",
    summary = "Change a picture's place or text",
    description = "By staff. `If-Match` names the product's `ETag`, and so does the `ETag` of the answer.",
    params(ImagePath, IfMatch),
    request_body(content = ProductImageChange, example = json!({ "position": 0, "alt": "A green tent in a meadow" })),
    responses(
        (status = 200, description = "The picture as it is now.", body = ImageEntry, headers(("ETag" = String))),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn change(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathIds(product, image): PathIds<ProductId, ImageId>,
    headers: HeaderMap,
    request: Request,
) -> Result<([(HeaderName, HeaderValue); 1], Json<ImageEntry>), Problem> {
    may_change(&state, product, image, &headers).await?;
    let change = Body::<ImageChange>::from_request(request, &()).await?.value;
    let expected = |version| precondition::names(&headers, version);
    let (row, version) = images::change(&state, (product, image), &change, &staff.actor(), &expected).await?;
    let entry = ImageEntry::new(row, &state.images_base_url, true);
    Ok(([(ETAG, etag::strong(&version.to_string()))], Json(entry)))
}
