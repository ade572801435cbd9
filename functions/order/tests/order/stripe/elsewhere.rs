//! What happens in Stripe's dashboard becomes rows of ours, with webhooks and without.

use cartwright_types::PaymentId;

use super::shop::{StripeShop, TOTAL};

fn by_provider(status: &str, amount: i64) -> (String, i64, String) {
    (status.to_owned(), amount, "provider".to_owned())
}

#[tokio::test]
async fn a_refund_of_the_dashboard_is_a_row_and_counts_once() {
    for with_webhooks in [true, false] {
        let shop = StripeShop::open().await;
        let (id, _) = shop.order("pm_card_visa").await;
        let (payment, intent) = (PaymentId(shop.payment(id).await.id), shop.intent(id).id);
        let look = async || if with_webhooks { shop.send_events().await } else { shop.reconcile().await };
        let _ = shop.stripe.refund(&intent, 1000);
        for _ in 0..2 {
            look().await;
        }
        StripeShop::assert_is(shop.statuses(id).await, ("paid", "partially_refunded"));
        let before = shop.find(id).await.version;
        let _ = shop.stripe.refund(&intent, TOTAL - 1000);
        look().await;
        StripeShop::assert_is(shop.statuses(id).await, ("paid", "refunded"));
        assert!(shop.find(id).await.version > before);
        assert_eq!(
            shop.refunds(payment).await,
            [by_provider("done", 1000), by_provider("done", TOTAL - 1000)]
        );
        assert_eq!(shop.payment(id).await.refunded, TOTAL);
    }
}

#[tokio::test]
async fn ours_and_the_dashboards_refunds_together_are_never_more_than_was_captured() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_visa").await;
    let payment = PaymentId(shop.payment(id).await.id);
    shop.ask_refund(payment, TOTAL).await;
    let _ = shop.stripe.refund(&shop.intent(id).id, 1);
    for _ in 0..3 {
        shop.reconcile().await;
    }
    assert_eq!(shop.money(id), (TOTAL, 1));
    assert_eq!(shop.payment(id).await.refunded, 1);
    let statuses: Vec<String> =
        shop.refunds(payment).await.into_iter().map(|(status, _, _)| status).collect();
    assert!(statuses.contains(&"failed".to_owned()) && statuses.contains(&"done".to_owned()), "{statuses:?}");
}

#[tokio::test]
async fn a_refund_that_takes_its_time_is_read_back() {
    for (arrives, expected, refunded) in [(true, "done", 700), (false, "failed", 0)] {
        let shop = StripeShop::open().await;
        let (id, _) = shop.order("pm_card_pendingRefund").await;
        let payment = PaymentId(shop.payment(id).await.id);
        shop.ask_refund(payment, 700).await;
        for _ in 0..2 {
            shop.reconcile().await;
            assert_eq!(shop.refunds(payment).await, [("pending".to_owned(), 700, "system".to_owned())]);
        }
        assert_eq!(shop.payment(id).await.refunded, 0);
        let refund = shop.stripe.read(|books| books.refunds[0].id.clone());
        shop.stripe.settle_refund(&refund, arrives);
        shop.reconcile().await;
        assert_eq!(shop.refunds(payment).await, [(expected.to_owned(), 700, "system".to_owned())]);
        assert_eq!(shop.payment(id).await.refunded, refunded);
    }
}

#[tokio::test]
async fn a_refund_that_comes_back_from_the_bank_does_not_count_any_more() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_visa").await;
    let payment = PaymentId(shop.payment(id).await.id);
    let refund = shop.stripe.refund(&shop.intent(id).id, TOTAL);
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "refunded"));
    shop.stripe.settle_refund(&refund, false);
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    assert_eq!(shop.refunds(payment).await, [by_provider("failed", TOTAL)]);
}

#[tokio::test]
async fn a_dispute_shows_until_it_is_won() {
    for with_webhooks in [true, false] {
        for (is_won, expected) in [(true, "captured"), (false, "disputed")] {
            let shop = StripeShop::open().await;
            let (id, _) = shop.order("pm_card_visa").await;
            let look = async || if with_webhooks { shop.send_events().await } else { shop.reconcile().await };
            let dispute = shop.stripe.open_dispute(&shop.intent(id).id);
            look().await;
            StripeShop::assert_is(shop.statuses(id).await, ("paid", "disputed"));
            assert_eq!(shop.payment(id).await.disputed, TOTAL);
            shop.stripe.close_dispute(&dispute, is_won);
            // Contested payments are looked at every hour.
            shop.clock.advance(3600);
            look().await;
            StripeShop::assert_is(shop.statuses(id).await, ("paid", expected));
        }
    }
}
