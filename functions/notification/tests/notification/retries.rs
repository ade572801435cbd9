//! What happens to a message that no provider takes.

use std::sync::Arc;
use std::time::Duration;

use cartwright_contracts::events::UserVerified;
use cartwright_messaging::HandlerError;
use notification::clients::SendError;
use notification::consumers::DomainEvents;
use notification::domain::{Outcome, Status, Template};

use crate::support::{Recorder, World, message, patience};

fn pause(result: Result<(), HandlerError>) -> Duration {
    match result {
        Err(HandlerError::Retry { after: Some(after), .. }) => after,
        other => panic!("expected a retry, not {other:?}"),
    }
}

fn away() -> SendError {
    SendError::Transient("ConnectionFailed".to_owned())
}

#[tokio::test]
async fn after_the_last_delivery_the_row_says_why_and_who_brings_the_message_back_sends_it() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    for (count, most) in [(1, 8), (2, 48), (3, 288), (4, 900), (5, 0)] {
        world.provider.fail_next(away());
        let pause = pause(world.handle_again(&event, count).await);
        assert!(pause <= Duration::from_secs(most), "{count}: {pause:?}");
        let row = world.row(&event, user, Template::Welcome).await;
        let expected = if count == 5 { Status::Failed } else { Status::Queued };
        assert_eq!(row.status, expected, "{count}");
    }
    let row = world.row(&event, user, Template::Welcome).await;
    let last = row.attempts.last().unwrap();
    assert_eq!((row.attempts.len(), last.outcome), (7, Outcome::DeadLettered));
    assert_eq!(last.reason.as_deref(), Some("ConnectionFailed"));
    // Redriven, it counts from one.
    world.handle_again(&event, 1).await.unwrap();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, world.provider.count()), (Status::Sent, 1));
    world.handle_again(&event, 2).await.unwrap();
    assert_eq!(world.provider.count(), 1);
}

#[tokio::test]
async fn a_recipient_who_cannot_be_found_out_leaves_a_row_that_says_so() {
    let world = World::new().await;
    let user = world.person();
    world.services_away(true);
    let event = world.event(&UserVerified { user_id: user });
    world.handle_again(&event, 4).await.unwrap_err();
    assert!(world.found_row(&event, user, Template::Welcome).await.is_none());
    world.handle_again(&event, 5).await.unwrap_err();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!(row.status, Status::Failed);
    assert_eq!(row.attempts[0].reason.as_deref(), Some("contact_unavailable"));
    world.services_away(false);
    world.handle(&event).await.unwrap();
    assert_eq!(world.row(&event, user, Template::Welcome).await.status, Status::Sent);
}

#[tokio::test]
async fn the_second_provider_takes_what_the_first_did_not_and_the_row_names_both() {
    let world = World::new().await;
    let user = world.person();
    let (first, second) = (Arc::new(Recorder::named("first")), Arc::new(Recorder::named("second")));
    let delivery = world.delivery_in_order(vec![first.clone(), second.clone()]).await;
    let handler = DomainEvents::new(delivery, world.choices(), patience());
    let event = world.event(&UserVerified { user_id: user });
    first.fail_next(SendError::Throttled("TooManyRequestsException".to_owned()));
    let body = serde_json::to_string(&event).unwrap();
    cartwright_messaging::MessageHandler::handle(&handler, &message(body)).await.unwrap();
    assert_eq!((first.count(), second.count()), (0, 1));
    let row = world.row(&event, user, Template::Welcome).await;
    let told: Vec<_> =
        row.attempts.iter().map(|attempt| (attempt.provider.as_deref(), attempt.outcome)).collect();
    assert_eq!(told, [(Some("first"), Outcome::Deferred), (Some("second"), Outcome::Sent)]);
}

#[tokio::test]
async fn a_provider_that_is_away_is_soon_left_alone_and_what_waits_keeps_its_row() {
    let world = World::new().await;
    let user = world.person();
    let events: Vec<_> = (0..9).map(|_| world.event(&UserVerified { user_id: user })).collect();
    for event in &events[..8] {
        world.provider.fail_next(away());
        world.handle(event).await.unwrap_err();
    }
    // The circuit is open: the ninth is not even claimed.
    let wait = pause(world.handle(&events[8]).await);
    assert!(wait > Duration::from_secs(5), "{wait:?}");
    assert!(world.found_row(&events[8], user, Template::Welcome).await.is_none());
    assert_eq!(world.provider.count(), 0);
    // Given up meanwhile, it says why.
    world.handle_again(&events[8], 5).await.unwrap_err();
    let row = world.row(&events[8], user, Template::Welcome).await;
    assert_eq!(row.attempts[0].reason.as_deref(), Some("provider_away"));
}

#[tokio::test]
async fn what_the_feed_has_told_meanwhile_is_not_overwritten_by_the_worker() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    let sending = tokio::spawn({
        let handler = DomainEvents::new(world.delivery.clone(), world.choices(), patience());
        let body = serde_json::to_string(&event).unwrap();
        async move { cartwright_messaging::MessageHandler::handle(&handler, &message(body)).await }
    });
    // While the provider is being called, its feed says that the mail has arrived.
    let id = loop {
        if let Some(row) = world.found_row(&event, user, Template::Welcome).await {
            break row.id;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    world.set_status(id, Status::Delivered).await;
    sending.await.unwrap().unwrap();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, row.attempts.len()), (Status::Delivered, 1));
    assert_eq!(row.attempts[0].provider_message_id.as_deref(), Some("recorded-1"));
}
