//! Secrets, made once and then kept: a new key would end every session.

use anyhow::{Context as _, Result};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use cartwright_contracts::{Names, Secret, SecretKind, resources};
use cartwright_types::random;
use serde_json::{Value, json};

use super::rotation::KeySet;
use crate::aws::Aws;

pub(super) async fn secret(aws: &Aws, names: &Names, secret: &Secret) -> Result<()> {
    let name = names.secret(&secret.name);
    if aws.secrets.get_secret_value().secret_id(&name).send().await.is_ok() {
        return Ok(());
    }
    let kind = secret.kind;
    let value = tokio::task::spawn_blocking(move || value(kind)).await??;
    let request = aws.secrets.create_secret().name(&name).secret_string(value.to_string());
    match request.send().await {
        Ok(_) => Ok(()),
        // Another run made it in between; its value is as good.
        Err(error)
            if error.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("making the secret {name}")),
    }
}

/// Gives values to the secrets that have none yet; Terraform makes them empty. Nothing is overwritten: a new key would end
/// every session. Returns the names of those that were given one.
///
/// # Errors
/// A secret is not there, or may not be read or written.
pub async fn fill_secrets(client: &Client, names: &Names) -> Result<Vec<String>> {
    let mut filled = Vec::new();
    for secret in &resources().secrets {
        let name = names.secret(&secret.name);
        match client.get_secret_value().secret_id(&name).send().await {
            Ok(found) if found.secret_string().is_some() || found.secret_binary().is_some() => continue,
            // The emulator's way to say that it has no value; AWS says that it does not find one.
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) => {}
            Err(error) => return Err(error).with_context(|| format!("reading the secret {name}")),
        }
        let kind = secret.kind;
        let value = tokio::task::spawn_blocking(move || value(kind)).await??;
        let request = client.put_secret_value().secret_id(&name).secret_string(value.to_string());
        request.send().await.with_context(|| {
            format!("giving the secret {name} a value: `terraform apply` makes it, has that been run?")
        })?;
        filled.push(name);
    }
    Ok(filled)
}

fn value(kind: SecretKind) -> Result<Value> {
    Ok(match kind {
        SecretKind::RsaJwkSet => serde_json::to_value(KeySet::fresh()?)?,
        SecretKind::HmacKey => json!({ "key": random::token() }),
        SecretKind::RotatingHmacKeys => json!({ "current": random::token(), "previous": null }),
        SecretKind::Password => json!({ "password": random::token() }),
        // Stripe makes them: whoever turns it on writes them here.
        SecretKind::StripeKeys => json!({ "secret_key": "", "webhook_secret": "", "publishable_key": "" }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_keys_start_with_the_next_one_beside_them() {
        let value = value(SecretKind::RsaJwkSet).unwrap();
        let keys = value["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    }

    #[test]
    fn a_rotating_key_starts_without_a_predecessor() {
        let value = value(SecretKind::RotatingHmacKeys).unwrap();
        assert_eq!(value["current"].as_str().unwrap().len(), 43);
        assert!(value["previous"].is_null());
    }
}
