//! `user.erased`: what the rows of somebody who is gone keep.

use std::time::Duration;

use cartwright_contracts::events::{OrderExpired, UserErased, UserVerified};
use cartwright_messaging::HandlerError;
use cartwright_types::{OrderId, SystemClock, UserId};
use notification::clients::SendError;
use notification::domain::{Outcome, Status, Template};

use crate::support::World;

fn names(attempts: &[notification::domain::Attempt]) -> Vec<Option<&str>> {
    attempts.iter().map(|attempt| attempt.provider_message_id.as_deref()).collect()
}

fn expired(user_id: UserId) -> OrderExpired {
    OrderExpired {
        order_id: OrderId::new(&SystemClock),
        number: "C-2026-000001".to_owned(),
        user_id: Some(user_id),
    }
}

#[tokio::test]
async fn the_rows_lose_the_providers_names_for_messages_and_nothing_is_sent_again() {
    let world = World::new().await;
    let (ada, ben) = (world.person(), world.person());
    let event = world.event(&expired(ada));
    world.provider.fail_next(SendError::Transient("TooManyRequestsException".to_owned()));
    world.handle(&event).await.unwrap_err();
    world.handle(&event).await.unwrap();
    let other = world.event(&UserVerified { user_id: ben });
    world.handle(&other).await.unwrap();
    let before = world.row(&event, ada, Template::OrderExpired).await;
    assert_eq!(names(&before.attempts), [None, Some("recorded-1")]);

    world.close_account(ada);
    let erased = world.event(&UserErased { user_id: ada });
    world.clock.advance(1);
    world.handle(&erased).await.unwrap();
    let after = world.row(&event, ada, Template::OrderExpired).await;
    assert_eq!(names(&after.attempts), [None, None]);
    assert_eq!(
        (after.status, after.order_id, after.created_at),
        (before.status, before.order_id, before.created_at)
    );
    assert_eq!(after.attempts[1].outcome, Outcome::Sent);
    assert!(after.version > before.version && after.updated_at > before.updated_at);
    assert_eq!(names(&world.row(&other, ben, Template::Welcome).await.attempts), [Some("recorded-2")]);

    world.handle(&erased).await.unwrap();
    world.handle(&event).await.unwrap();
    assert_eq!(world.row(&event, ada, Template::OrderExpired).await, after);
    assert_eq!(world.provider.count(), 2);
}

#[tokio::test]
async fn what_was_still_to_be_sent_is_not_sent() {
    let world = World::new().await;
    let ada = world.person();
    let (queued, unheard) = (world.event(&expired(ada)), world.event(&UserVerified { user_id: ada }));
    world.provider.fail_next(SendError::Transient("TooManyRequestsException".to_owned()));
    world.handle(&queued).await.unwrap_err();
    world.close_account(ada);
    world.handle(&world.event(&UserErased { user_id: ada })).await.unwrap();
    for (event, template, status, reason) in [
        (&queued, Template::OrderExpired, Status::Cancelled, "account_closed"),
        (&unheard, Template::Welcome, Status::Suppressed, "no_contact"),
    ] {
        world.handle(event).await.unwrap();
        let row = world.row(event, ada, template).await;
        let last = row.attempts.last().unwrap();
        assert_eq!((row.status, last.reason.as_deref()), (status, Some(reason)));
        assert!(world.delivery.contents.find(row.id).await.unwrap().is_none());
    }
    assert_eq!(world.provider.count(), 0);
}

#[tokio::test]
async fn a_message_on_its_way_is_waited_for() {
    let world = World::new().await;
    let ada = world.person();
    let event = world.event(&UserVerified { user_id: ada });
    world.provider.fail_next(SendError::Unknown("Timeout".to_owned()));
    world.handle(&event).await.unwrap_err();
    world.close_account(ada);
    let erased = world.event(&UserErased { user_id: ada });
    world.clock.advance(20);
    match world.handle(&erased).await {
        Err(HandlerError::Retry { after, .. }) => assert_eq!(after, Some(Duration::from_secs(101))),
        other => panic!("expected a retry, not {other:?}"),
    }
    world.clock.advance(101);
    world.handle(&erased).await.unwrap();
}
