//! What is answered when a mail may be on its way, and nobody is to know whether.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer; the same for every address.
#[derive(Serialize, ToSchema)]
pub struct VerificationSent {
    #[schema(schema_with = verification_sent)]
    status: &'static str,
}

/// The answer; the same for every address.
#[derive(Serialize, ToSchema)]
pub struct ResetSent {
    #[schema(schema_with = reset_sent)]
    status: &'static str,
}

/// `{"status": "verification_sent"}`
pub const VERIFICATION_SENT: VerificationSent = VerificationSent { status: "verification_sent" };
/// `{"status": "reset_sent"}`
pub const RESET_SENT: ResetSent = ResetSent { status: "reset_sent" };

fn verification_sent() -> utoipa::openapi::Object {
    cartwright_web::openapi::words("The same for every address.", &["verification_sent"])
}

fn reset_sent() -> utoipa::openapi::Object {
    cartwright_web::openapi::words("The same for every address.", &["reset_sent"])
}
