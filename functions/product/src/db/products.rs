//! A product with everything that hangs on it, from the table `product_cards`.

use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::domain::product::Status;
pub use crate::domain::product::{ImageDocument, ProductDocument, Scarce, VariantDocument};
use crate::domain::slug::Key;

/// A card, and what is scarce of its product.
pub struct Card {
    pub document: Json<ProductDocument>,
    /// None: nothing.
    pub scarce: Option<Json<Scarce>>,
}

impl From<Card> for ProductDocument {
    fn from(card: Card) -> Self {
        Self { scarce: card.scarce.map(|Json(scarce)| scarce).unwrap_or_default(), ..card.document.0 }
    }
}

/// The product of that id or slug; only an active one unless `any`.
pub async fn find(
    executor: impl PgExecutor<'_>,
    key: &Key,
    any: bool,
) -> Result<Option<ProductDocument>, sqlx::Error> {
    let card = match key {
        Key::Id(id) => {
            sqlx::query_as!(
                Card,
                r#"SELECT c.document AS "document: Json<ProductDocument>",
                          (SELECT json_object_agg(s.sku, s.level) FROM scarce_stock s
                           WHERE s.product_id = c.product_id) AS "scarce: Json<Scarce>"
                   FROM product_cards c WHERE c.product_id = $1"#,
                id
            )
            .fetch_optional(executor)
            .await?
        }
        Key::Slug(slug) => {
            sqlx::query_as!(
                Card,
                r#"SELECT c.document AS "document: Json<ProductDocument>",
                          (SELECT json_object_agg(s.sku, s.level) FROM scarce_stock s
                           WHERE s.product_id = c.product_id) AS "scarce: Json<Scarce>"
                   FROM products p JOIN product_cards c ON c.product_id = p.id WHERE p.slug = $1"#,
                slug
            )
            .fetch_optional(executor)
            .await?
        }
    };
    let product = card.map(ProductDocument::from);
    Ok(product.filter(|product| any || product.status == Status::Active.as_str()))
}
