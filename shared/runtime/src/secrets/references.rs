//! Variables that stand for a secret: `DATABASE_PASSWORD=secretsmanager:shop/prod/database/users#password`.
//!
//! The program reads them itself, so that a value is neither in a task definition nor in a function's configuration, and
//! so that a container and a function are told of it in the same way.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Map, Value};

use super::Secrets;
use crate::aws::Access;
use crate::{Env, chain};

const PREFIX: &str = "secretsmanager:";

/// A variable and the key that it stands for.
struct Wish {
    variable: String,
    key: String,
}

/// Puts the secrets in the place of what names them. Without such a variable nothing is asked and no client is made.
pub(crate) async fn resolve(env: &mut Env) {
    let wishes = wishes(env);
    if wishes.is_empty() {
        return;
    }
    let access = Access::from_env(env);
    // Without a region nobody can be asked; that it is missing is a problem already.
    let secrets = if access.is_complete() { Some(Secrets::new(&access.sdk_config().await)) } else { None };
    fill(env, wishes, secrets).await;
}

/// By the secret's name or ARN.
fn wishes(env: &mut Env) -> BTreeMap<String, Vec<Wish>> {
    let mut wishes: BTreeMap<String, Vec<Wish>> = BTreeMap::new();
    for (variable, reference) in env.beginning_with(PREFIX) {
        match reference.rsplit_once('#') {
            Some((name, key)) if !name.is_empty() && !key.is_empty() => {
                wishes.entry(name.to_owned()).or_default().push(Wish { variable, key: key.to_owned() });
            }
            _ => env.stands_for(&variable, Err("is malformed: use secretsmanager:NAME#key".to_owned())),
        }
    }
    wishes
}

async fn fill(env: &mut Env, wishes: BTreeMap<String, Vec<Wish>>, secrets: Option<Secrets>) {
    let contents = join_all(wishes.keys().map(async |name| match &secrets {
        Some(secrets) => secrets.get::<Map<String, Value>>(name).await.map_err(|error| chain(&error)),
        None => Err(format!("secret {name} could not be read")),
    }));
    for (content, (name, wishes)) in contents.await.into_iter().zip(&wishes) {
        for Wish { variable, key } in wishes {
            let value = match &content {
                Ok(content) => value(content, key)
                    .ok_or_else(|| format!("names {key}, which secret {name} does not have")),
                Err(why) => Err(format!("cannot be had: {why}")),
            };
            env.stands_for(variable, value);
        }
    }
}

fn value(content: &Map<String, Value>, key: &str) -> Option<String> {
    match content.get(key)? {
        Value::String(text) => Some(text.clone()),
        plain @ (Value::Number(_) | Value::Bool(_)) => Some(plain.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
