//! Stock as staff see it.

use axum::http::HeaderValue;
use cartwright_web::etag;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::inventory::Item;

/// The stock of a sku.
#[derive(Serialize, ToSchema)]
#[schema(as = InventoryItem)]
pub struct ItemView {
    #[schema(examples("TENT-2P"))]
    sku: String,
    product_id: Uuid,
    /// The product's name, with the variant's where there are several.
    name: String,
    /// What is there; the sum of the ledger.
    on_hand: i64,
    /// What of it is promised to orders.
    reserved: i64,
    /// What can be ordered: `on_hand` without `reserved`.
    available: i64,
    /// At this many or fewer `available` the stock is low.
    reorder_point: i64,
    /// Raised by adjustments and counts, and by nothing that orders do: `set` must name it.
    count_version: i64,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self {
            sku: item.sku,
            product_id: item.product_id,
            name: item.name,
            on_hand: item.on_hand,
            reserved: item.reserved,
            available: item.available,
            reorder_point: item.reorder_point,
            count_version: item.count_version,
        }
    }
}

/// The `ETag`: reservations change it too.
pub fn tag(version: i64) -> HeaderValue {
    etag::strong(&version.to_string())
}
