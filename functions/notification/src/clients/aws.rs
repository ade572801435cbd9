//! What SES and SNS have in common: one attempt with patience, and what a failed call says.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};

use super::SendError;
use super::verdict::{Table, Verdict, judge};

/// Longer than other calls have: an answer given up is a message that may be sent twice.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(PATIENCE)
        .build()
}

/// By the table where the provider answered. An answer without a code is a proxy's: of a 5xx nobody knows what is behind it.
pub(super) fn classify<E: ProvideErrorMetadata>(
    table: Table,
    error: &SdkError<E, HttpResponse>,
) -> SendError {
    match error {
        SdkError::ServiceError(refused) => match refused.err().code() {
            Some(code) => judge(table, code, Verdict::Transient),
            None if refused.raw().status().is_server_error() => Verdict::Unknown.error("NoCode"),
            None => Verdict::Transient.error("NoCode"),
        },
        SdkError::ConstructionFailure(_) => Verdict::Transient.error("ConstructionFailure"),
        SdkError::DispatchFailure(failure) if !failure.is_timeout() && !failure.is_other() => {
            Verdict::Transient.error("ConnectionFailed")
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => Verdict::Unknown.error("Timeout"),
        _ => Verdict::Unknown.error("AnswerLost"),
    }
}
