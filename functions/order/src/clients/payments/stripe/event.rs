//! What of a webhook's event is read: which payment it is about. The rest is asked of Stripe.

use serde::Deserialize;
use serde_json::Value;

/// An event.
#[derive(Debug, Clone, Deserialize)]
pub struct StripeEvent {
    /// Stripe's id of it, the same each time it is sent.
    pub id: String,
    /// `payment_intent.succeeded`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is about real money.
    #[serde(default)]
    pub livemode: bool,
    /// Connect: of which account.
    pub account: Option<String>,
    data: Data,
}

#[derive(Debug, Clone, Deserialize)]
struct Data {
    object: Value,
}

impl StripeEvent {
    /// The intent that it is about.
    #[must_use]
    pub fn intent(&self) -> Option<&str> {
        let object = &self.data.object;
        if object["object"] == "payment_intent" {
            return object["id"].as_str();
        }
        object["payment_intent"].as_str().or_else(|| object["payment_intent"]["id"].as_str())
    }

    /// Our payment's id as the intent's metadata has it.
    #[must_use]
    pub fn payment_id(&self) -> Option<uuid::Uuid> {
        self.data.object["metadata"]["payment_id"].as_str()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(object: &Value) -> StripeEvent {
        let event = json!({
            "id": "evt_1", "object": "event", "type": "x", "livemode": false, "data": { "object": object }, "more": 1
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn the_intent_is_found_in_every_object_that_names_one() {
        let of = |object: Value| event(&object).intent().map(str::to_owned);
        assert_eq!(of(json!({ "object": "payment_intent", "id": "pi_1" })).as_deref(), Some("pi_1"));
        assert_eq!(
            of(json!({ "object": "charge", "id": "ch_1", "payment_intent": "pi_1" })).as_deref(),
            Some("pi_1")
        );
        let expanded = json!({ "object": "refund", "payment_intent": { "id": "pi_1" } });
        assert_eq!(of(expanded).as_deref(), Some("pi_1"));
        assert_eq!(of(json!({ "object": "customer", "id": "cus_1" })), None);
    }
}
