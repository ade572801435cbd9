//! What guests are told about their orders.

use cartwright_contracts::events::{OrderExpired, OrderPaid, OrderPaymentFailed};
use cartwright_types::{Clock as _, Currency, Money, OrderId, PaymentId, SystemClock};
use notification::domain::{Channel, Person, Status, Template, derive_id};

use crate::support::World;

fn paid(order_id: OrderId) -> OrderPaid {
    OrderPaid {
        order_id,
        number: "C-2026-000123".to_owned(),
        user_id: None,
        payment_id: PaymentId::new(&SystemClock),
        lines: Vec::new(),
        shipping: Money::zero(Currency::EUR),
        total: Money::new(1999, Currency::EUR),
        cart_version: None,
    }
}

/// The text of the last mail, its soft line breaks undone.
fn text(world: &World) -> String {
    let (_, mime) = world.provider.last();
    String::from_utf8(mime).unwrap().replace("=\r\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn a_guest_is_confirmed_the_order_once_with_the_link_that_opens_it() {
    let world = World::new().await;
    let order = world.guest(Some("aB-_9"));
    let event = world.event(&paid(order));
    world.handle(&event).await.unwrap();
    world.handle(&event).await.unwrap();
    assert_eq!((world.provider.count(), world.provider.last().0.as_str()), (1, "guest@example.com"));
    let link = format!("https://shop.example/orders/{order}?order_token=aB-_9");
    assert!(text(&world).contains(&link), "{}", text(&world));

    let id = derive_id(event.id, Person::Guest(order), Channel::Email, Template::OrderConfirmation.as_str());
    let row = world.found(id).await.unwrap();
    assert_eq!((row.status, row.user_id, row.order_id), (Status::Sent, None, Some(order)));
    // It is in nobody's history, and staff may read it.
    let (app, ada) = (world.app(), world.person());
    let path = format!("/notifications/{}", id.uuid());
    app.get(&path).as_user(ada).send().await.expect_problem(404, "not_found");
    app.get(&path).as_role(ada, cartwright_types::Role::Staff).send().await.expect(200);
}

#[tokio::test]
async fn a_guest_whose_token_is_over_is_told_without_a_link() {
    let world = World::new().await;
    let order_id = world.guest(None);
    let number = "C-2026-000123".to_owned();
    let failed =
        OrderPaymentFailed { order_id, number: number.clone(), user_id: None, expires_at: world.clock.now() };
    world.handle(&world.event(&failed)).await.unwrap();
    assert!(!text(&world).contains("order_token"));
    world.handle(&world.event(&OrderExpired { order_id, number, user_id: None })).await.unwrap();
    assert_eq!(world.provider.count(), 2);
}

#[tokio::test]
async fn nobody_is_told_about_an_order_whose_guest_is_gone() {
    let world = World::new().await;
    let order = OrderId::new(&SystemClock);
    let event = world.event(&paid(order));
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 0);
    let id = derive_id(event.id, Person::Guest(order), Channel::Email, Template::OrderConfirmation.as_str());
    let row = world.found(id).await.unwrap();
    assert_eq!((row.status, row.attempts[0].reason.as_deref()), (Status::Suppressed, Some("no_contact")));
}
