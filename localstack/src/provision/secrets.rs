//! Secrets, made once and then kept: a new key would end every session.

use anyhow::{Context as _, Result};
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use cartwright_contracts::{Names, Secret, SecretKind};
use cartwright_types::random;
use serde_json::{Value, json};

use super::rsa::private_jwk;
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

fn value(kind: SecretKind) -> Result<Value> {
    Ok(match kind {
        SecretKind::RsaJwkSet => json!({ "keys": [private_jwk()?] }),
        SecretKind::HmacKey => json!({ "key": random::token() }),
        SecretKind::RotatingHmacKeys => json!({ "current": random::token(), "previous": null }),
        SecretKind::Password => json!({ "password": random::token() }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotating_key_starts_without_a_predecessor() {
        let value = value(SecretKind::RotatingHmacKeys).unwrap();
        assert_eq!(value["current"].as_str().unwrap().len(), 43);
        assert!(value["previous"].is_null());
    }
}
