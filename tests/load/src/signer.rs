//! Being somebody for a service, past the gateway.

use anyhow::{Context as _, Result};
use cartwright_runtime::secrets::RotatingKeys;
use cartwright_types::{Role, SessionId, SystemClock, UserId};
use cartwright_web::identity::{AudienceKeys, IdentitySigner, Subject};
use localstack::Stack;

/// Signs what a service of a stack, by its name as an audience, believes.
///
/// # Errors
/// Its secret cannot be read.
pub async fn signer(stack: &Stack, audience: &'static str) -> Result<IdentitySigner> {
    let name = stack.names().secret(&format!("identity/{audience}"));
    let secret = stack.aws().secrets.get_secret_value().secret_id(&name).send().await;
    let secret = secret.with_context(|| format!("reading the secret {name}"))?;
    let keys: RotatingKeys = serde_json::from_str(secret.secret_string().unwrap_or_default())?;
    let keys = AudienceKeys::try_from(&keys).context("the secret's keys")?;
    Ok(IdentitySigner::new(audience, keys, SystemClock::shared()))
}

/// Somebody of the staff.
#[must_use]
pub fn staff() -> Subject {
    let id = UserId::new(&SystemClock);
    Subject::User { id, roles: vec![Role::Staff], session: SessionId(id.uuid()) }
}
