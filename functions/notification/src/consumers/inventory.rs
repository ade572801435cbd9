//! What of a sku can be had: told to whoever looks after the stock.

use cartwright_contracts::events::{InventoryBackInStock, InventoryLow};
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn low(id: Uuid, event: &InventoryLow) -> Notice {
    stock(
        Notice::new(id, Person::Operations, Template::LowStock),
        &event.sku,
        event.available,
        event.reorder_point,
    )
}

pub(super) fn back_in_stock(id: Uuid, event: &InventoryBackInStock) -> Notice {
    let notice = Notice::new(id, Person::Operations, Template::BackInStock);
    stock(notice, &event.sku, event.available, event.reorder_point)
}

fn stock(notice: Notice, sku: &str, available: i64, reorder_point: i64) -> Notice {
    notice.with("sku", sku).with("available", available).with("reorder_point", reorder_point)
}
