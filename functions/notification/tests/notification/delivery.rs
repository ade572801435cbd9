//! Each thing is said once, and what happened is kept.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use cartwright_contracts::commands::{SendMail, TokenMail};
use cartwright_contracts::events::{
    InventoryBackInStock, InventoryLow, InvoiceIssued, OrderExpired, UserVerified,
};
use cartwright_messaging::{HandlerError, MessageHandler as _};
use cartwright_types::{Clock as _, EventId, InvoiceId, OrderId, ProductId, SystemClock, UserId};
use futures::future::join_all;
use mail_parser::{MessageParser, MimeHeaders as _};
use notification::clients::SendError;
use notification::consumers::MailCommands;
use notification::db::Claim;
use notification::domain::{Channel, Notice, Notification, Outcome, Status, Template, derive_id};

use crate::support::{ADDRESS, LEASE, World, message, patience};

fn outcomes(row: &Notification) -> Vec<Outcome> {
    row.attempts.iter().map(|attempt| attempt.outcome).collect()
}

#[track_caller]
fn pause(result: Result<(), HandlerError>) -> Option<Duration> {
    match result {
        Err(HandlerError::Retry { after, .. }) => after,
        other => panic!("expected a retry, not {other:?}"),
    }
}

/// What a worker leaves that died while it sent.
async fn left_sending(world: &World, user: UserId, event: uuid::Uuid) {
    let notice = Notice::new(event, user, Template::Welcome);
    let claim = world.delivery.notifications.claim(&notice, world.clock.now(), LEASE).await.unwrap();
    assert!(matches!(claim, Claim::Won(_)));
}

#[tokio::test]
async fn an_event_that_is_delivered_many_times_at_once_and_again_sends_one_mail() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    join_all((0..10).map(|_| world.handle(&event))).await;
    assert_eq!(world.provider.count(), 1);
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 1);
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, outcomes(&row)), (Status::Sent, vec![Outcome::Sent]));
    assert_eq!(row.attempts[0].provider_message_id.as_deref(), Some("recorded-1"));
}

#[tokio::test]
async fn a_living_lease_is_waited_for_and_one_that_ended_is_taken_over() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    left_sending(&world, user, event.id).await;
    world.clock.advance(20);
    assert_eq!(pause(world.handle(&event).await), Some(Duration::from_secs(101)));
    assert_eq!(world.provider.count(), 0);
    world.clock.advance(101);
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 1);
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, outcomes(&row)), (Status::Sent, vec![Outcome::Unknown, Outcome::Sent]));
}

#[tokio::test]
async fn what_the_provider_did_not_take_is_queued_and_sent_later() {
    let world = World::new().await;
    let user = world.person();
    let order_id = OrderId::new(&SystemClock);
    let event =
        world.event(&OrderExpired { order_id, number: "C-2026-000001".to_owned(), user_id: Some(user) });
    world.provider.fail_next(SendError::Transient("TooManyRequestsException".to_owned()));
    assert!(pause(world.handle(&event).await) <= Some(Duration::from_secs(8)));
    let row = world.row(&event, user, Template::OrderExpired).await;
    assert_eq!((row.status, outcomes(&row)), (Status::Queued, vec![Outcome::Deferred]));
    assert_eq!(row.attempts[0].reason.as_deref(), Some("TooManyRequestsException"));
    world.handle(&event).await.unwrap();
    let row = world.row(&event, user, Template::OrderExpired).await;
    assert_eq!((row.status, row.order_id), (Status::Sent, Some(order_id)));
    assert_eq!(outcomes(&row), [Outcome::Deferred, Outcome::Sent]);
}

#[tokio::test]
async fn what_the_provider_refuses_for_good_has_failed_and_is_not_tried_again() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    world.provider.fail_next(SendError::Permanent("MessageRejected".to_owned()));
    world.handle(&event).await.unwrap();
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 0);
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, outcomes(&row)), (Status::Failed, vec![Outcome::Failed]));
    assert_eq!(row.attempts[0].reason.as_deref(), Some("MessageRejected"));
}

#[tokio::test]
async fn a_lost_answer_keeps_the_row_sending_until_its_lease_ends() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    world.provider.fail_next(SendError::Unknown("Timeout".to_owned()));
    let wait = LEASE + Duration::from_secs(1);
    assert_eq!(pause(world.handle(&event).await), Some(wait));
    assert_eq!(world.row(&event, user, Template::Welcome).await.status, Status::Sending);
    world.clock.advance(121);
    world.handle(&event).await.unwrap();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!((row.status, outcomes(&row)), (Status::Sent, vec![Outcome::Unknown, Outcome::Sent]));
}

#[tokio::test]
async fn a_recipient_who_is_gone_or_has_no_usable_address_is_not_written_to() {
    let world = World::new().await;
    let nobody = UserId::new(&SystemClock);
    let odd = world.person_with(|contact| "no address".clone_into(&mut contact.email));
    for (user, reason) in [(nobody, "no_contact"), (odd, "invalid_address")] {
        let event = world.event(&UserVerified { user_id: user });
        world.handle(&event).await.unwrap();
        let row = world.row(&event, user, Template::Welcome).await;
        assert_eq!((row.status, row.attempts[0].reason.as_deref()), (Status::Suppressed, Some(reason)));
    }
    assert_eq!(world.provider.count(), 0);
}

#[tokio::test]
async fn a_stored_row_holds_neither_token_nor_address_nor_name_nor_text() {
    let world = World::new().await;
    let user_id = world.person();
    let token = "a-very-secret-token".to_owned();
    let id = EventId::new(&SystemClock).uuid();
    let command = SendMail { id, user_id, mail: TokenMail::PasswordReset { token }, traceparent: None };
    let handler = MailCommands::new(world.delivery.clone(), patience());
    handler.handle(&message(serde_json::to_string(&command).unwrap())).await.unwrap();
    assert_eq!(world.provider.last().0, ADDRESS);
    let item = aws_sdk_dynamodb::Client::new(&world.sdk)
        .get_item()
        .table_name(format!("{}notifications", world.prefix))
        .key(
            "id",
            AttributeValue::S(
                derive_id(id, user_id, Channel::Email, Template::PasswordReset.as_str()).to_string(),
            ),
        )
        .send()
        .await
        .unwrap();
    let stored = format!("{:?}", item.item().unwrap());
    for secret in ["secret", "ada@", "example.com", "Ada", "Lovelace", "https", "choose"] {
        assert!(!stored.contains(secret), "{secret} in {stored}");
    }
}

#[tokio::test]
async fn an_invoice_goes_out_with_its_pdf() {
    let world = World::new().await;
    let user_id = world.person();
    let pdf: Vec<u8> = b"%PDF-1.7\n\x00\xff\r\n".repeat(1_000);
    let config = aws_sdk_s3::config::Builder::from(&world.sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let bucket = format!("{}invoices", world.prefix);
    s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let event = world.event(&InvoiceIssued {
        invoice_id: InvoiceId::new(&SystemClock),
        number: "R-2026-000007".to_owned(),
        order_id: OrderId::new(&SystemClock),
        order_number: "C-2026-000123".to_owned(),
        user_id: Some(user_id),
        s3_key: "2026/R-2026-000007.pdf".to_owned(),
    });
    // The file is not there yet: nothing is sent, and nothing is lost.
    assert!(pause(world.handle(&event).await) <= Some(Duration::from_secs(8)));
    let put = s3.put_object().bucket(&bucket).key("2026/R-2026-000007.pdf");
    put.body(ByteStream::from(pdf.clone())).send().await.unwrap();
    world.handle(&event).await.unwrap();
    let (_, mime) = world.provider.last();
    let mail = MessageParser::default().parse(&mime).unwrap();
    assert_eq!(mail.attachment_count(), 1);
    assert_eq!(mail.attachment(0).unwrap().attachment_name(), Some("R-2026-000007.pdf"));
    assert_eq!(mail.attachment(0).unwrap().contents(), pdf);
}

#[tokio::test]
async fn a_name_is_said_to_a_proven_address_only() {
    let world = World::new().await;
    let unproven = world.person_with(|contact| contact.email_verified = false);
    for (user, said) in [(world.person(), true), (unproven, false)] {
        world.handle(&world.event(&UserVerified { user_id: user })).await.unwrap();
        let (_, mime) = world.provider.last();
        let mail = MessageParser::default().parse(&mime).unwrap();
        assert_eq!(mail.body_text(0).unwrap().contains("Ada Lovelace"), said);
    }
}

#[tokio::test]
async fn a_change_of_address_is_confirmed_at_the_new_one_and_told_to_the_present_one() {
    let world = World::new().await;
    let user = world.person_with(|contact| contact.pending_email = Some("ada@new.example".to_owned()));
    let id = || EventId::new(&SystemClock).uuid();
    world.command(id(), user, TokenMail::EmailChange { token: "aB-_9".to_owned() }).await;
    let (to, mime) = world.provider.last();
    let mail = MessageParser::default().parse(&mime).unwrap();
    let text = mail.body_text(0).unwrap();
    assert_eq!(to, "ada@new.example");
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("ada@new.example"));
    assert!(text.lines().any(|line| line == "https://shop.example/auth/email/verify?token=aB-_9"), "{text}");
    // Whose the new address is, nobody knows yet.
    assert!(!text.contains("Ada"), "{text}");

    world.command(id(), user, TokenMail::EmailChangeRequested {}).await;
    let (to, mime) = world.provider.last();
    let mail = MessageParser::default().parse(&mime).unwrap();
    let text = mail.body_text(0).unwrap();
    assert_eq!(to, ADDRESS);
    assert!(text.contains("Ada Lovelace") && !text.contains("new.example"), "{text}");
}

#[tokio::test]
async fn a_change_of_address_that_is_over_is_not_written_about() {
    let world = World::new().await;
    let user = world.person();
    let id = EventId::new(&SystemClock).uuid();
    world.command(id, user, TokenMail::EmailChange { token: "aB-_9".to_owned() }).await;
    let row = world.found(derive_id(id, user, Channel::Email, Template::EmailChange.as_str())).await.unwrap();
    assert_eq!(row.status, Status::Suppressed);
    assert_eq!(row.attempts[0].reason.as_deref(), Some("no_pending_address"));
    assert_eq!(world.provider.count(), 0);
}

#[tokio::test]
async fn what_is_malformed_is_rejected_without_repeating_a_token() {
    let world = World::new().await;
    let commands = MailCommands::new(world.delivery.clone(), patience());
    let user = UserId::new(&SystemClock);
    let bodies = [
        "not json".to_owned(),
        format!(r#"{{"id":"{user}","user_id":"{user}","template":"password_reset","data":"hunter2"}}"#),
        format!(r#"{{"id":"{user}","user_id":"{user}","template":"hunter2","data":{{}}}}"#),
        format!(
            r#"{{"id":"{user}","user_id":"{user}","template":"password_reset","data":{{"token":"hunter2&x"}}}}"#
        ),
    ];
    for body in bodies {
        let Err(HandlerError::Rejected(error)) = commands.handle(&message(body)).await else {
            panic!("accepted")
        };
        assert!(!error.to_string().contains("hunter2") && error.source().is_none(), "{error}");
    }
    let mut event = world.event(&UserVerified { user_id: user });
    event.version = 2;
    assert!(matches!(world.handle(&event).await, Err(HandlerError::Rejected(_))));
    event.event_type = "user.unheard_of".to_owned();
    assert!(matches!(world.handle(&event).await, Err(HandlerError::Rejected(_))));
}

#[tokio::test]
async fn whoever_looks_after_the_stock_is_told_what_is_low_and_what_is_back() {
    let world = World::new().await;
    let (sku, product_id) = ("MUG-BLUE".to_owned(), ProductId::new(&SystemClock));
    let low = world.event(&InventoryLow { sku: sku.clone(), product_id, available: 4, reorder_point: 5 });
    let back = world.event(&InventoryBackInStock { sku, product_id, available: 40, reorder_point: 5 });
    for (event, subject) in [(low, "Low stock: MUG-BLUE"), (back, "Back in stock: MUG-BLUE")] {
        world.handle(&event).await.unwrap();
        let (to, mime) = world.provider.last();
        let mail = MessageParser::default().parse(&mime).unwrap();
        assert_eq!((to.as_str(), mail.subject()), ("stock@cartwright.example", Some(subject)));
    }
    assert_eq!(world.provider.count(), 2);
}
