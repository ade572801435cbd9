//! The committed JSON Schemas are those of the types, and a sample of each event fits its own.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use cartwright_contracts::events::{
    InventoryBackInStock, InventoryLow, InvoiceIssued, NotificationBounced, NotificationComplained,
    OrderCancelled, OrderExpired, OrderPaid, OrderPaymentFailed, OrderPlaced, OrderRefunded,
    OrderStatusChanged, PaidLine, ProductArchived, ProductCreated, ProductImageReady, ProductUpdated,
    RefundedLine, SessionRevoked, Tracking, UserErased, UserPasswordChanged, UserRegistered, UserSuspended,
    UserVerified,
};
use cartwright_contracts::{Envelope, Event};
use cartwright_types::{
    Clock as _, Currency, ImageId, InvoiceId, Money, NotificationId, OrderId, OrderLineId, PaymentId,
    ProductId, RefundId, SessionId, SystemClock, UserId,
};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

fn check<E: Event + JsonSchema>(sample: &E) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas").join(format!(
        "{}.v{}.json",
        E::TYPE,
        E::VERSION
    ));
    let schema = serde_json::to_value(schema_for!(E)).unwrap();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&file, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert_eq!(
        committed,
        schema,
        "{} is stale: run `UPDATE_SCHEMAS=1 cargo nextest run -p cartwright-contracts`",
        file.display()
    );
    let envelope = Envelope::new(&SystemClock, OrderId::new(&SystemClock), 1, "system", sample);
    let errors: Vec<String> = jsonschema::validator_for(&committed)
        .unwrap()
        .iter_errors(&envelope.data)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{}", E::TYPE);
    let back = Envelope::parse(&serde_json::to_string(&envelope).unwrap()).unwrap();
    assert!(back.data::<E>().is_ok());
    // A consumer ignores a field that it does not know.
    let mut newer = back.clone();
    newer.data["a_new_field"] = Value::Bool(true);
    assert!(newer.data::<E>().is_ok());
    newer.version += 1;
    assert!(newer.data::<E>().is_err());
}

#[test]
fn every_event_fits_its_committed_schema() {
    let user_id = UserId::new(&SystemClock);
    check(&UserRegistered { user_id });
    check(&UserVerified { user_id });
    check(&UserPasswordChanged { user_id });
    check(&UserSuspended { user_id });
    check(&UserErased { user_id });
    check(&SessionRevoked { user_id, session_ids: vec![SessionId::new(&SystemClock)] });
}

#[test]
fn every_event_of_orders_fits_its_committed_schema_whether_the_buyer_has_an_account_or_not() {
    for user_id in [Some(UserId::new(&SystemClock)), None] {
        orders_of(user_id);
    }
}

fn orders_of(user_id: Option<UserId>) {
    let (order_id, number) = (OrderId::new(&SystemClock), "C-2026-000001".to_owned());
    let total = Money::new(1999, Currency::EUR);
    check(&OrderPlaced { order_id, number: number.clone(), user_id, total });
    check(&OrderPaid {
        order_id,
        number: number.clone(),
        user_id,
        payment_id: PaymentId::new(&SystemClock),
        lines: vec![PaidLine { sku: "A-1".to_owned(), name: "A thing".to_owned(), quantity: 1, total }],
        shipping: Money::zero(Currency::EUR),
        total,
        cart_version: Some(1),
    });
    check(&OrderPaymentFailed { order_id, number: number.clone(), user_id, expires_at: SystemClock.now() });
    check(&OrderExpired { order_id, number: number.clone(), user_id });
    check(&OrderCancelled {
        order_id,
        number: number.clone(),
        user_id,
        reason: "stock_gone".to_owned(),
        refund: total,
    });
    check(&OrderStatusChanged {
        order_id,
        number: number.clone(),
        user_id,
        status: "shipped".to_owned(),
        tracking: Some(Tracking {
            carrier: "DHL".to_owned(),
            tracking_number: Some("00340434161094".to_owned()),
            tracking_url: None,
        }),
    });
    check(&OrderRefunded {
        order_id,
        number: number.clone(),
        user_id,
        refund_id: RefundId::new(&SystemClock),
        amount: total,
        lines: vec![RefundedLine {
            line_id: OrderLineId::new(&SystemClock),
            sku: "A-1".to_owned(),
            quantity: 1,
        }],
        restock: true,
    });
    check(&InvoiceIssued {
        invoice_id: InvoiceId::new(&SystemClock),
        number: "R-2026-000001".to_owned(),
        order_id,
        order_number: number,
        user_id,
        s3_key: "2026/R-2026-000001.pdf".to_owned(),
    });
}

#[test]
fn every_event_of_products_fits_its_committed_schema() {
    let (product_id, slug) = (ProductId::new(&SystemClock), "tent".to_owned());
    let status = "active".to_owned();
    check(&ProductCreated { product_id, slug: slug.clone(), status: status.clone() });
    check(&ProductUpdated { product_id, slug: slug.clone(), status });
    check(&ProductArchived { product_id, slug: slug.clone() });
    check(&ProductImageReady { product_id, slug, image_id: ImageId::new(&SystemClock) });
}

#[test]
fn every_event_of_notifications_fits_its_committed_schema() {
    for user_id in [Some(UserId::new(&SystemClock)), None] {
        let notification_id = NotificationId::new(&SystemClock);
        let (channel, reason) = ("email".to_owned(), Some("Permanent/General".to_owned()));
        check(&NotificationBounced { notification_id, user_id, channel: channel.clone(), reason });
        check(&NotificationComplained { notification_id, user_id, channel, reason: None });
    }
}

#[test]
fn every_event_of_stock_fits_its_committed_schema() {
    let (sku, product_id) = ("TENT-2P".to_owned(), ProductId::new(&SystemClock));
    check(&InventoryLow { sku: sku.clone(), product_id, available: 5, reorder_point: 5 });
    check(&InventoryBackInStock { sku, product_id, available: 12, reorder_point: 5 });
}
