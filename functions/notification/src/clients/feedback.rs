//! What SES tells of a mail, where an emulator takes its place: it delivers at once, and has the addresses of SES' mailbox
//! simulator. In `local` and `test` only.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use cartwright_types::SharedClock;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{Email, Provider, SendError};

/// A provider whose mails are told of on the topic `mail-events`, as SES does it by a configuration set.
pub struct WithFeedback {
    inner: Arc<dyn Provider<Email>>,
    sns: Client,
    topic_arn: String,
    clock: SharedClock,
}

impl WithFeedback {
    /// Around `inner`.
    #[must_use]
    pub fn new(
        inner: Arc<dyn Provider<Email>>,
        config: &SdkConfig,
        topic_arn: String,
        clock: SharedClock,
    ) -> Self {
        Self { inner, sns: Client::new(config), topic_arn, clock }
    }
}

#[async_trait]
impl Provider<Email> for WithFeedback {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn send(&self, email: &Email) -> Result<String, SendError> {
        let message_id = self.inner.send(email).await?;
        for event in events(email, &message_id, self.clock.now()) {
            let request = self.sns.publish().topic_arn(&self.topic_arn).message(event.to_string());
            if let Err(error) = request.send().await {
                tracing::warn!(error = %DisplayErrorContext(&error), "what became of a mail could not be told");
            }
        }
        Ok(message_id)
    }

    async fn check(&self) -> Result<(), String> {
        self.inner.check().await
    }
}

/// As SES writes them. A complaint comes after the delivery.
fn events(email: &Email, message_id: &str, now: DateTime<Utc>) -> Vec<Value> {
    let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mail = json!({
        "timestamp": at, "messageId": message_id, "source": email.from, "destination": [email.to],
        "tags": { "notification_id": [email.notification_id.to_string()], "kind": [email.kind.as_str()] },
    });
    let delivery = || json!({ "eventType": "Delivery", "mail": mail, "delivery": { "timestamp": at, "recipients": [email.to] } });
    let bounce = |kind: &str, sub: &str| {
        json!({ "eventType": "Bounce", "mail": mail, "bounce": {
            "bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [{ "emailAddress": email.to }],
            "timestamp": at, "feedbackId": format!("{message_id}-bounce"),
        } })
    };
    let complaint = || {
        json!({ "eventType": "Complaint", "mail": mail, "complaint": {
            "complainedRecipients": [{ "emailAddress": email.to }], "complaintFeedbackType": "abuse",
            "timestamp": at, "feedbackId": format!("{message_id}-complaint"),
        } })
    };
    let outcome = match simulated(&email.to).as_deref() {
        Some("bounce") => vec![bounce("Permanent", "General")],
        Some("suppressionlist") => vec![bounce("Permanent", "OnAccountSuppressionList")],
        Some("complaint") => vec![delivery(), complaint()],
        Some("ooto") => vec![delivery(), bounce("Transient", "General")],
        _ => vec![delivery()],
    };
    let mut events = vec![json!({ "eventType": "Send", "mail": mail, "send": {} })];
    events.extend(outcome);
    events
}

/// The mailbox of SES' simulator, without a label: `bounce` of `bounce+7@simulator.amazonses.com`.
fn simulated(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let mailbox = local.split('+').next().unwrap_or_default().to_ascii_lowercase();
    domain.eq_ignore_ascii_case("simulator.amazonses.com").then_some(mailbox)
}

#[cfg(test)]
mod tests {
    use cartwright_types::{NotificationId, SystemClock};

    use super::*;
    use crate::domain::Kind;

    fn kinds(to: &str) -> Vec<String> {
        let email = Email {
            notification_id: NotificationId::new(&SystemClock),
            kind: Kind::Transactional,
            from: "shop@cartwright.example".to_owned(),
            to: to.to_owned(),
            mime: Vec::new(),
        };
        let events = events(&email, "m-1", DateTime::UNIX_EPOCH);
        events.iter().map(|event| event["eventType"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_mailbox_simulator_has_the_outcomes_that_ses_documents() {
        assert_eq!(kinds("ada@example.com"), ["Send", "Delivery"]);
        assert_eq!(kinds("success@simulator.amazonses.com"), ["Send", "Delivery"]);
        assert_eq!(kinds("bounce+7@simulator.amazonses.com"), ["Send", "Bounce"]);
        assert_eq!(kinds("Complaint@Simulator.amazonses.com"), ["Send", "Delivery", "Complaint"]);
        assert_eq!(kinds("bounce@simulator.amazonses.com.evil.example"), ["Send", "Delivery"]);
    }
}
