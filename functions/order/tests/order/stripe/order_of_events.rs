//! Five events of one payment, in every order.

use cartwright_types::{OrderId, PaymentId};

use super::shop::{StripeShop, TOTAL};

/// All orders of `0..5`.
fn permutations() -> Vec<Vec<usize>> {
    fn extend(chosen: &[usize], all: &mut Vec<Vec<usize>>) {
        if chosen.len() == 5 {
            all.push(chosen.to_vec());
        }
        for next in (0..5).filter(|next| !chosen.contains(next)) {
            extend(&[chosen, &[next]].concat(), all);
        }
    }
    let mut all = Vec::new();
    extend(&[], &mut all);
    assert_eq!(all.len(), 120);
    all
}

const KINDS: [&str; 5] = [
    "payment_intent.created",
    "payment_intent.requires_action",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.refunded",
];

/// The events so far that are `KINDS[which]`, of an order.
async fn deliver(shop: &StripeShop, order: OrderId, which: usize) {
    let intent = shop.intent(order).id;
    let event = shop.stripe.events().into_iter().find(|event| {
        let object = &event["data"]["object"];
        event["type"] == KINDS[which]
            && (object["id"] == intent.as_str() || object["payment_intent"] == intent.as_str())
    });
    if let Some(event) = event {
        shop.webhook(&event).await.expect(200);
    }
    shop.work().await;
}

async fn assert_ended(shop: &StripeShop, order: OrderId, events: &[usize]) {
    StripeShop::assert_is(shop.statuses(order).await, ("paid", "partially_refunded"));
    let payment = shop.payment(order).await;
    assert_eq!((payment.captured, payment.refunded), (TOTAL, 100), "{events:?}");
    assert_eq!(shop.refunds(PaymentId(payment.id)).await.len(), 1, "{events:?}");
    assert_eq!(shop.told(order, "order.paid").await, 1, "{events:?}");
}

#[tokio::test]
async fn all_120_orders_of_five_events_end_in_the_same_state() {
    let shop = StripeShop::open().await;
    for events in permutations() {
        let (order, _) = shop.order("pm_card_authenticationRequired").await;
        let intent = shop.intent(order).id;
        shop.stripe.authenticate(&intent, true);
        let _ = shop.stripe.refund(&intent, 100);
        for which in &events {
            deliver(&shop, order, *which).await;
        }
        assert_ended(&shop, order, &events).await;
    }
}

#[tokio::test]
async fn they_do_too_when_stripe_goes_on_between_them_and_each_comes_twice() {
    let shop = StripeShop::open().await;
    for events in permutations() {
        let (order, _) = shop.order("pm_card_authenticationRequired").await;
        let intent = shop.intent(order).id;
        for (step, which) in events.iter().enumerate() {
            match step {
                1 => shop.stripe.authenticate(&intent, true),
                3 => drop(shop.stripe.refund(&intent, 100)),
                _ => {}
            }
            deliver(&shop, order, *which).await;
        }
        // Those that had not happened when their turn came, and all others again.
        for which in &events {
            deliver(&shop, order, *which).await;
        }
        assert_ended(&shop, order, &events).await;
    }
}
