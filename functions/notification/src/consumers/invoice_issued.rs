//! The invoice, with its PDF.

use cartwright_contracts::events::InvoiceIssued;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &InvoiceIssued) -> Notice {
    let filename = format!("{}.pdf", event.number);
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::Invoice)
        .about(event.order_id)
        .with("number", &event.number)
        .with("order_number", &event.order_number)
        .attach(filename, event.s3_key.clone())
}
