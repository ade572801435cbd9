//! What each built-in template might be given: templates are tried with it before they are kept, and shown with it.

use serde_json::{Value, json};

use crate::domain::Template;

/// Data of the kind that the template's event or command brings.
#[must_use]
pub fn sample(template: Template) -> Value {
    let eur = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    match template {
        Template::AccountExists
        | Template::EmailChangeRequested
        | Template::PasswordChanged
        | Template::Welcome => json!({}),
        Template::EmailChange | Template::EmailVerification => {
            json!({ "link": "https://shop.example/auth/email/verify?token=aB-_9" })
        }
        Template::Invitation | Template::PasswordReset => {
            json!({ "link": "https://shop.example/auth/password/reset?token=aB-_9" })
        }
        Template::Invoice => json!({ "number": "R-2026-000007", "order_number": "C-2026-000123" }),
        Template::LowStock => json!({ "sku": "MUG-BLUE", "available": 4, "reorder_point": 5 }),
        Template::BackInStock => json!({ "sku": "MUG-BLUE", "available": 40, "reorder_point": 5 }),
        Template::OrderExpired | Template::OrderDelivered => json!({ "number": "C-2026-000123" }),
        Template::OrderRefunded => json!({ "number": "C-2026-000123", "amount": eur(1_295) }),
        Template::OrderShipped => json!({
            "number": "C-2026-000123",
            "tracking": {
                "carrier": "DHL", "tracking_number": "00340434161094",
                "tracking_url": "https://dhl.example/track?id=00340434161094&lang=en",
            },
        }),
        Template::PaymentFailed => json!({ "number": "C-2026-000123", "expires_at": "2026-11-02T12:15:00Z" }),
        Template::OrderCancelled => {
            json!({ "number": "C-2026-000123", "reason": "stock_gone", "refund": eur(123_456) })
        }
        Template::OrderConfirmation => json!({
            "number": "C-2026-000123",
            "lines": [
                { "sku": "MUG-BLUE", "name": "Mug, blue", "quantity": 2, "total": eur(2_590) },
                { "sku": "TEA-<1>", "name": "Tea \"Earl\" & <friends>", "quantity": 1, "total": eur(120_866) },
            ],
            "shipping": eur(490),
            "total": eur(123_946),
        }),
    }
}
