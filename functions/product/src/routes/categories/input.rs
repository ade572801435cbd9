//! A category as staff write it.

use cartwright_web::{Change, Fields, FromFields, rules};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::fields;
use crate::usecases::catalogue::CategoryWish;

/// Largest place among siblings.
const LAST: i64 = 1_000_000;

/// A whole category.
#[derive(ToSchema)]
#[schema(as = CategoryInput)]
#[expect(dead_code, reason = "only described; CategoryWish is what is read")]
pub struct Described {
    #[schema(min_length = 1, max_length = 200, examples("Tents"))]
    name: String,
    /// If absent, made from the name; in a PUT it stays.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 100, examples("tents"))]
    slug: Option<String>,
    /// The category above; a root if absent. At most 16 levels.
    parent_id: Option<Uuid>,
    /// Among its siblings, smallest first; 0 if absent.
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: Option<i32>,
}

/// What is to change of a category; what is absent stays.
#[derive(ToSchema)]
#[schema(as = CategoryChange)]
#[expect(dead_code, reason = "only described; CategoryWish is what is read")]
pub struct DescribedChange {
    #[schema(min_length = 1, max_length = 200, nullable = false, examples("Tents"))]
    name: Option<String>,
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 100, nullable = false)]
    slug: Option<String>,
    /// The category above; null makes it a root. What is below it comes along.
    parent_id: Option<Uuid>,
    #[schema(minimum = 0, maximum = 1_000_000, nullable = false)]
    position: Option<i32>,
}

/// The fields of a PATCH.
pub struct Patch(pub CategoryWish);

impl FromFields for Patch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional("name", rules::text(1, 200));
        let slug = fields.optional("slug", fields::slug);
        let parent_id = fields.change("parent_id", rules::id);
        let position = fields.optional("position", position);
        Some(Self(CategoryWish { name: name?, slug: slug?, parent_id: parent_id?, position: position? }))
    }
}

fn position(value: Value) -> Result<i32, rules::Invalid> {
    let position = rules::integer(0, LAST)(value)?;
    i32::try_from(position).map_err(|_| rules::Invalid::new("out_of_range", "must be between 0 and 1000000"))
}

/// The fields of a POST or PUT: what is absent is empty, but for the slug.
pub struct Whole(pub CategoryWish);

impl FromFields for Whole {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let Patch(wish) = Patch::from_fields(fields)?;
        if wish.name.is_none() {
            fields.error("name", rules::Invalid::new("required", "is required"));
        }
        Some(Self(CategoryWish {
            parent_id: match wish.parent_id {
                Change::Keep => Change::Clear,
                parent => parent,
            },
            position: Some(wish.position.unwrap_or_default()),
            ..wish
        }))
    }
}
