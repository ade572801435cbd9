//! Sending one mail at most once per event, recipient and template; after a crash in between, once more.

use std::time::Duration;

use cartwright_contracts::contact::Contact;
use cartwright_messaging::HandlerError;
use cartwright_types::UserId;
use serde_json::Value;
use uuid::Uuid;

use crate::Failure;
use crate::clients::email::{Mail, SendError};
use crate::db::notifications::{Claim, NewNotification};
use crate::domain::notification::{Attempt, Status, derive_id};
use crate::state::State;
use crate::templates::Rendered;

/// What is to be said, to whom, because of what.
#[derive(Debug, Clone)]
pub struct Order {
    /// The event or command.
    pub event_id: Uuid,
    /// The recipient.
    pub user_id: UserId,
    /// Which text.
    pub template: &'static str,
    /// What the text needs; never stored.
    pub data: Value,
    /// What it is about.
    pub order_id: Option<Uuid>,
    /// A file of the `invoices` bucket and the name it gets.
    pub attachment: Option<Attach>,
}

/// An attachment.
#[derive(Debug, Clone)]
pub struct Attach {
    /// Its key.
    pub s3_key: String,
    /// The name the recipient sees.
    pub filename: String,
}

/// Sends it, unless that was done.
///
/// # Errors
/// It is to be tried again, or cannot be sent at all.
pub async fn send(state: &State, order: &Order) -> Result<(), HandlerError> {
    let id = derive_id(order.event_id, order.user_id, "email", order.template);
    let new = NewNotification {
        id,
        user_id: order.user_id,
        template: order.template,
        event_id: order.event_id,
        order_id: order.order_id,
    };
    let claim = state.notifications.claim(&new, state.clock.now(), state.sending_lease_seconds);
    match claim.await.map_err(Failure::from)? {
        Claim::Taken => {}
        Claim::Done => return Ok(()),
        Claim::Held(seconds) => {
            // Whoever holds it is sending, or crashed: after its lease it is sent again.
            let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or(1) + 1);
            return Err(HandlerError::retry_after(pause, "another worker is sending it"));
        }
    }
    let tried = attempt(state, order).await;
    let (status, attempt, result) = match tried {
        Ok(Tried::Sent(message)) => (Status::Sent, note(state, "sent", Some(message), None), Ok(())),
        Ok(Tried::Refused(reason)) => (Status::Failed, note(state, "failed", None, Some(reason)), Ok(())),
        Ok(Tried::NoRecipient) => {
            let reason = Some("the recipient does not exist any more".to_owned());
            (Status::Suppressed, note(state, "suppressed", None, reason), Ok(()))
        }
        Err(failure) => {
            let reason = Some(failure.to_string());
            (Status::Queued, note(state, "failed", None, reason), Err(HandlerError::from(failure)))
        }
    };
    state.notifications.settle(id, status, attempt).await.map_err(Failure::from)?;
    tracing::info!(notification_id = %id, template = order.template, status = status.as_str(), "notification");
    result
}

enum Tried {
    Sent(String),
    Refused(String),
    NoRecipient,
}

async fn attempt(state: &State, order: &Order) -> Result<Tried, Failure> {
    let Some(contact) = state.users.contact(order.user_id).await? else { return Ok(Tried::NoRecipient) };
    let Rendered { subject, text, html } = state.templates.render(order.template, &contact.locale, &context(state, &contact, order))?;
    let attachment = match &order.attachment {
        None => None,
        Some(attach) => Some((attach.filename.clone(), state.attachments.get(&attach.s3_key).await?)),
    };
    let mail = Mail { to: contact.email, subject, text, html, attachment };
    match state.email.send(&mail).await {
        Ok(message) => Ok(Tried::Sent(message)),
        Err(SendError::Permanent(reason)) => Ok(Tried::Refused(reason)),
        Err(error @ SendError::Transient(_)) => Err(Failure::Send(error)),
    }
}

fn context(state: &State, contact: &Contact, order: &Order) -> Value {
    serde_json::json!({
        "shop": { "name": state.shop_name, "url": state.public_url },
        "recipient": { "name": contact.full_name },
        "data": order.data,
    })
}

fn note(state: &State, outcome: &str, message: Option<String>, reason: Option<String>) -> Attempt {
    Attempt {
        at: state.clock.now(),
        outcome: outcome.to_owned(),
        provider: state.email.name().to_owned(),
        provider_message_id: message,
        reason,
    }
}
