//! A push message on its way to a device, and SNS, which hands it to Google's and Apple's services.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use serde_json::json;

use super::aws::classify;
use super::verdict::{Table, Verdict};
use super::{Provider, SendError};

/// A push message. Not `Debug`: it names a device.
pub struct Push {
    /// The SNS platform endpoint.
    pub endpoint_arn: String,
    /// The line above.
    pub title: String,
    /// The text.
    pub text: String,
    /// The notification, so that the app can show it once.
    pub id: String,
}

/// What SNS says of a push message, by code. An endpoint that is disabled has a token that Google or Apple no longer knows.
pub const PUSH: Table = &[
    (ENDPOINT_DISABLED, Verdict::Permanent),
    ("InvalidParameter", Verdict::Permanent),
    ("ParameterValueInvalid", Verdict::Permanent),
    ("ValidationError", Verdict::Permanent),
    ("NotFound", Verdict::Permanent),
    ("PlatformApplicationDisabled", Verdict::Transient),
    ("Throttled", Verdict::Throttled),
    ("Throttling", Verdict::Throttled),
    ("ThrottlingException", Verdict::Throttled),
    ("AuthorizationError", Verdict::Transient),
    ("AccessDenied", Verdict::Transient),
    ("InvalidClientTokenId", Verdict::Transient),
    ("ExpiredToken", Verdict::Transient),
    ("ServiceUnavailable", Verdict::Transient),
    ("InternalError", Verdict::Unknown),
    ("InternalFailure", Verdict::Unknown),
];

/// What SNS says of an endpoint whose token is spent.
pub const ENDPOINT_DISABLED: &str = "EndpointDisabled";

/// Sends by SNS platform endpoints.
#[derive(Debug)]
pub struct SnsPush(Client);

impl SnsPush {
    /// By a [`super::sns_client`].
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self(client)
    }
}

#[async_trait]
impl Provider<Push> for SnsPush {
    fn name(&self) -> &'static str {
        "sns"
    }

    async fn send(&self, push: &Push) -> Result<String, SendError> {
        let request =
            self.0.publish().target_arn(&push.endpoint_arn).message_structure("json").message(payload(push));
        match request.send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(classify(PUSH, &error)),
        }
    }
}

/// One message in the form of each service; SNS takes the one of the endpoint's platform. Each is JSON in a string.
fn payload(push: &Push) -> String {
    let gcm = json!({ "fcmV1Message": { "message": {
        "notification": { "title": push.title, "body": push.text }, "data": { "notification_id": push.id }
    } } });
    let apns = json!({
        "aps": { "alert": { "title": push.title, "body": push.text }, "sound": "default" }, "notification_id": push.id
    });
    json!({
        "default": push.text,
        "GCM": gcm.to_string(),
        "APNS": apns.to_string(),
        "APNS_SANDBOX": apns.to_string(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn each_platform_finds_its_own_form_and_what_people_wrote_stays_text() {
        let push = Push {
            endpoint_arn: String::new(),
            title: "Your \"order\"".to_owned(),
            text: "is\non its way \\ {{x}}".to_owned(),
            id: "n-1".to_owned(),
        };
        let all: Value = serde_json::from_str(&payload(&push)).unwrap();
        let read = |name: &str| -> Value { serde_json::from_str(all[name].as_str().unwrap()).unwrap() };
        let gcm = read("GCM");
        assert_eq!(gcm["fcmV1Message"]["message"]["notification"]["title"], push.title);
        assert_eq!(read("APNS")["aps"]["alert"]["body"], push.text);
        assert_eq!(read("APNS_SANDBOX")["notification_id"], "n-1");
    }
}
