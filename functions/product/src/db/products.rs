//! A product with everything that hangs on it, from the view `product_documents`.

use std::collections::BTreeMap;

use sqlx::PgExecutor;
use sqlx::types::Json;

pub use crate::domain::product::{CategoryDocument, ImageDocument, ProductDocument, VariantDocument};
use crate::domain::slug::Key;

/// The product of that id or slug; only an active one unless `any`.
pub async fn find(
    executor: impl PgExecutor<'_>,
    key: &Key,
    any: bool,
) -> Result<Option<ProductDocument>, sqlx::Error> {
    match key {
        Key::Id(id) => {
            sqlx::query_as!(
                ProductDocument,
                r#"SELECT id AS "id!", slug AS "slug!", name AS "name!", description AS "description!", status AS "status!",
                          tax_class AS "tax_class!", price AS "price!", compare_at_price, currency AS "currency!",
                          attributes AS "attributes!: Json<BTreeMap<String, String>>", version AS "version!",
                          created_at AS "created_at!", updated_at AS "updated_at!",
                          variants AS "variants!: Json<Vec<VariantDocument>>", images AS "images!: Json<Vec<ImageDocument>>",
                          categories AS "categories!: Json<Vec<CategoryDocument>>"
                   FROM product_documents WHERE id = $1 AND (status = 'active' OR $2)"#,
                id,
                any
            )
            .fetch_optional(executor)
            .await
        }
        Key::Slug(slug) => {
            sqlx::query_as!(
                ProductDocument,
                r#"SELECT id AS "id!", slug AS "slug!", name AS "name!", description AS "description!", status AS "status!",
                          tax_class AS "tax_class!", price AS "price!", compare_at_price, currency AS "currency!",
                          attributes AS "attributes!: Json<BTreeMap<String, String>>", version AS "version!",
                          created_at AS "created_at!", updated_at AS "updated_at!",
                          variants AS "variants!: Json<Vec<VariantDocument>>", images AS "images!: Json<Vec<ImageDocument>>",
                          categories AS "categories!: Json<Vec<CategoryDocument>>"
                   FROM product_documents WHERE slug = $1 AND (status = 'active' OR $2)"#,
                slug,
                any
            )
            .fetch_optional(executor)
            .await
        }
    }
}
