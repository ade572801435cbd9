//! A picture as clients see it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::images::ImageRow;
use crate::domain::picture::Renditions;

/// A picture in three sizes; none is larger than what was uploaded.
#[derive(Serialize, ToSchema)]
#[schema(as = Renditions)]
pub struct RenditionsView {
    /// At most 160 pixels wide and high.
    #[schema(format = "uri")]
    thumb: String,
    /// At most 480 pixels wide and high.
    #[schema(format = "uri")]
    card: String,
    /// At most 1600 pixels wide and high.
    #[schema(format = "uri")]
    full: String,
}

impl RenditionsView {
    /// From their keys, or all from the one `key` there is. `base_url` comes before a key.
    pub fn new(renditions: Option<&Renditions>, key: &str, base_url: &str) -> Self {
        let url = |key: &str| format!("{base_url}/{key}");
        match renditions {
            Some(renditions) => Self {
                thumb: url(&renditions.thumb),
                card: url(&renditions.card),
                full: url(&renditions.full),
            },
            None => Self { thumb: url(key), card: url(key), full: url(key) },
        }
    }
}

/// A picture among those of its product.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductImage)]
pub struct ImageEntry {
    id: Uuid,
    #[schema(schema_with = statuses)]
    status: String,
    /// Its place, from 0.
    #[schema(minimum = 0)]
    position: i32,
    /// What it shows, for those who cannot see it.
    alt: String,
    /// For staff: as the uploader called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    filename: Option<String>,
    /// Null until it is ready, as is all that follows.
    #[schema(required, format = "uri")]
    url: Option<String>,
    /// Pixels.
    #[schema(required, minimum = 1)]
    width: Option<i32>,
    /// Pixels.
    #[schema(required, minimum = 1)]
    height: Option<i32>,
    #[schema(required, pattern = "^image/")]
    content_type: Option<String>,
    #[schema(required)]
    renditions: Option<RenditionsView>,
}

fn statuses() -> utoipa::openapi::Object {
    cartwright_web::openapi::words("Everybody sees those that are ready.", &["pending", "ready"])
}

impl ImageEntry {
    /// From its row; `base_url` comes before a key.
    pub fn new(row: ImageRow, base_url: &str, for_staff: bool) -> Self {
        let key = row.key.as_deref();
        let renditions = row.renditions.as_ref().map(|renditions| &renditions.0);
        Self {
            id: row.id,
            position: row.position,
            filename: row.filename.filter(|_| for_staff),
            url: key.map(|key| format!("{base_url}/{key}")),
            renditions: key.map(|key| RenditionsView::new(renditions, key, base_url)),
            status: row.status,
            alt: row.alt,
            width: row.width,
            height: row.height,
            content_type: row.content_type,
        }
    }
}
