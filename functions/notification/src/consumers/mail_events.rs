//! The queue `mail-events`: what SES tells of the shop's mails, by SNS (Amazon SES Developer Guide, "Examples of event data that
//! Amazon SES publishes to Amazon SNS").

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use cartwright_types::hex;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::domain::{Happened, Report, Told};
use crate::usecases::Tracking;

/// The logical name of the queue.
pub const MAIL_EVENTS_QUEUE: &str = "mail-events";

/// What SES says to a new topic once, in plain text.
const GREETING: &str = "Successfully validated SNS topic";

/// Notes what SES tells.
pub struct MailEvents(Arc<Tracking>);

impl MailEvents {
    /// A handler that notes by this.
    #[must_use]
    pub const fn new(tracking: Arc<Tracking>) -> Self {
        Self(tracking)
    }
}

#[async_trait]
impl MessageHandler for MailEvents {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        if message.body.starts_with(GREETING) {
            return Ok(());
        }
        let event: SesEvent = serde_json::from_str(&message.body).map_err(|error| {
            // serde's text may quote an address; the position is enough.
            HandlerError::rejected(format!(
                "no event of SES (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        match event.report() {
            Some(report) => self.0.hear(&report).await.map_err(HandlerError::retry),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    /// An identity's own notifications have another name for it.
    #[serde(alias = "notificationType")]
    event_type: String,
    mail: SesMail,
    bounce: Option<SesBounce>,
    complaint: Option<SesComplaint>,
    delivery: Option<At>,
    delivery_delay: Option<At>,
    open: Option<At>,
    click: Option<At>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesMail {
    timestamp: DateTime<Utc>,
    message_id: String,
    #[serde(default)]
    tags: SesTags,
}

#[derive(Default, Deserialize)]
struct SesTags {
    #[serde(default)]
    notification_id: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesBounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<SesRecipient>,
    #[serde(default)]
    feedback_id: String,
    timestamp: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesComplaint {
    #[serde(default)]
    complained_recipients: Vec<SesRecipient>,
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    feedback_id: String,
    timestamp: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesRecipient {
    email_address: String,
}

#[derive(Deserialize)]
struct At {
    timestamp: DateTime<Utc>,
}

impl SesEvent {
    /// None: nothing of interest.
    fn report(self) -> Option<Report> {
        let addresses = |recipients: Vec<SesRecipient>| -> Vec<String> {
            recipients.into_iter().map(|recipient| plain(&recipient.email_address)).collect()
        };
        let sent_at = self.mail.timestamp;
        let at = |part: Option<At>| part.map_or(sent_at, |part| part.timestamp);
        let (happened, at, reason, feedback, addresses) = match self.event_type.as_str() {
            "Send" => (Happened::Sent, sent_at, None, String::new(), Vec::new()),
            "Delivery" => (Happened::Delivered, at(self.delivery), None, String::new(), Vec::new()),
            "DeliveryDelay" => (Happened::Delayed, at(self.delivery_delay), None, String::new(), Vec::new()),
            "Open" => (Happened::Opened, at(self.open), None, String::new(), Vec::new()),
            "Click" => (Happened::Clicked, at(self.click), None, String::new(), Vec::new()),
            "Reject" => (Happened::Rejected, sent_at, None, String::new(), Vec::new()),
            "Bounce" => {
                let bounce = self.bounce?;
                let reason = format!("{}/{}", bounce.bounce_type, bounce.bounce_sub_type);
                let hard = bounce.bounce_type == "Permanent";
                let happened = if hard { Happened::HardBounced } else { Happened::SoftBounced };
                let addresses = addresses(bounce.bounced_recipients);
                (happened, bounce.timestamp, Some(reason), bounce.feedback_id, addresses)
            }
            "Complaint" => {
                let complaint = self.complaint?;
                let addresses = addresses(complaint.complained_recipients);
                let reason = complaint.complaint_feedback_type;
                (Happened::Complained, complaint.timestamp, reason, complaint.feedback_id, addresses)
            }
            _ => return None,
        };
        let notification_id = self.mail.tags.notification_id.first().and_then(|id| id.parse().ok());
        let key = key(&[&self.event_type, &self.mail.message_id, &at.to_rfc3339(), &feedback]);
        let told = Told { at, happened, provider: "ses".to_owned(), reason: reason.as_deref().map(code) };
        Some(Report { key, notification_id, told, addresses })
    }
}

/// `Ada <ada@example.com>` is `ada@example.com`.
fn plain(address: &str) -> String {
    let inner = address.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    inner.unwrap_or(address).trim().to_owned()
}

/// What is no code stays out.
fn code(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_')).take(64).collect()
}

fn key(parts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let hash = context.finish();
    hex(&hash.as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(event: serde_json::Value) -> Option<Report> {
        serde_json::from_value::<SesEvent>(event).unwrap().report()
    }

    #[test]
    fn a_bounce_as_ses_documents_it_is_read() {
        let event = json!({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [{
                    "emailAddress": "Recipient <recipient@example.com>", "action": "failed", "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown"
                }],
                "timestamp": "2017-08-05T00:41:02.669Z",
                "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
                "reportingMTA": "dsn; mta.example.com"
            },
            "mail": {
                "timestamp": "2017-08-05T00:40:02.012Z", "source": "Sender <sender@example.com>",
                "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
                "destination": ["recipient@example.com"], "headersTruncated": false,
                "tags": {
                    "ses:configuration-set": ["ConfigSet"],
                    "notification_id": ["0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10"]
                }
            }
        });
        let first = report(event.clone()).unwrap();
        assert_eq!(first.told.happened, Happened::HardBounced);
        assert_eq!(first.told.reason.as_deref(), Some("Permanent/General"));
        assert_eq!(first.addresses, ["recipient@example.com"]);
        assert_eq!(first.told.at.to_rfc3339(), "2017-08-05T00:41:02.669+00:00");
        assert!(first.notification_id.is_some());
        assert_eq!(report(event.clone()).unwrap().key, first.key);
        let mut soft = event;
        soft["bounce"]["bounceType"] = json!("Transient");
        soft["bounce"]["feedbackId"] = json!("another");
        let soft = report(soft).unwrap();
        assert_eq!(soft.told.happened, Happened::SoftBounced);
        assert_ne!(soft.key, first.key);
    }

    #[test]
    fn what_is_of_no_interest_is_passed_over_and_what_is_no_code_is_not_kept() {
        let mail = json!({ "timestamp": "2017-08-05T00:40:02.012Z", "messageId": "m-1" });
        assert!(report(json!({ "eventType": "Subscription", "mail": mail.clone() })).is_none());
        let complaint = report(json!({
            "notificationType": "Complaint", "mail": mail,
            "complaint": { "timestamp": "2017-08-05T00:41:02.669Z", "complaintFeedbackType": "abuse: <a@b.c>\r\n" }
        }));
        assert_eq!(complaint.unwrap().told.reason.as_deref(), Some("abuseabc"));
    }
}
