//! What the product service tells.

use cartwright_types::{ImageId, ProductId};
use serde::{Deserialize, Serialize};

/// A product was made; it is for sale only if it is `active`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductCreated {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// Its name in paths.
    pub slug: String,
    /// `draft`, `active` or `archived`.
    pub status: String,
}
event!(ProductCreated, "product.created", "product");

/// Something that is shown of a product changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductUpdated {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// Its name in paths, from now on.
    pub slug: String,
    /// `draft`, `active` or `archived`; becoming `archived` is an event of its own.
    pub status: String,
}
event!(ProductUpdated, "product.updated", "product");

/// A product is no longer for sale. It stays for the orders that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductArchived {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// Its name in paths.
    pub slug: String,
}
event!(ProductArchived, "product.archived", "product");

/// A picture that was uploaded is shown with its product from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductImageReady {
    /// Of which product.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// Its name in paths.
    pub slug: String,
    /// Which picture.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub image_id: ImageId,
}
event!(ProductImageReady, "product.image_ready", "product");

/// What of a sku can be had fell to its reorder point or below. Once a crossing. The aggregate's id is the variant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InventoryLow {
    /// Which.
    pub sku: String,
    /// Of which product.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// What can be had now.
    pub available: i64,
    /// At this many or fewer it is low.
    pub reorder_point: i64,
}
event!(InventoryLow, "inventory.low", "inventory");

/// A sku that could not be had can be had again. The aggregate's id is the variant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InventoryBackInStock {
    /// Which.
    pub sku: String,
    /// Of which product.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub product_id: ProductId,
    /// What can be had now.
    pub available: i64,
    /// At this many or fewer it is low.
    pub reorder_point: i64,
}
event!(InventoryBackInStock, "inventory.back_in_stock", "inventory");
