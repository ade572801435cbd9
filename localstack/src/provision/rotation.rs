//! Changing the keys that sign access tokens.
//!
//! The secret `jwt-keys` holds `{"keys": [current, next, previous]}`. The first signs and all are published, so a key is
//! known everywhere before it signs, and as long as there are tokens that it signed.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_contracts::Names;
use cartwright_types::random;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::jwk::{Algorithm, private_jwk};

/// From one change of the signing key to the next: access tokens live 15 minutes, and the key of the last one must be
/// published until then; the rest is for the minute in which services read the keys.
const OVERLAP: Duration = Duration::from_mins(20);
/// From the publication of a key to its first signature: whoever verifies keeps the published keys for up to 6 minutes.
const NOTICE: Duration = Duration::from_mins(10);

/// The secret `jwt-keys`. Has no `Debug`: the keys are private.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    keys: Vec<Value>,
}

/// What was done. The keys are told by their public ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There was one key only: it signs on, and another is published beside it.
    Prepared {
        /// Signs on.
        current: String,
        /// Will sign after the next change.
        next: String,
    },
    /// The next key signs.
    Rotated {
        /// Signs from now on.
        current: String,
        /// Will sign after the next change.
        next: String,
        /// Signed until now; still published.
        previous: String,
    },
}

impl KeySet {
    /// Two new keys: one that signs, and the next.
    pub(super) fn fresh() -> Result<Self> {
        let keys = [(); 2].map(|()| private_jwk(Algorithm::default()));
        Ok(Self { keys: keys.into_iter().collect::<Result<_>>()? })
    }

    /// The set after a change, with the new key in it. A previous key, which has no token left, goes.
    ///
    /// # Errors
    /// There is no key, or one has no id.
    pub fn rotated(self, fresh: Value) -> Result<(Self, Change)> {
        let mut keys = self.keys.into_iter();
        let current = keys.next().context("there is no key in it")?;
        let Some(next) = keys.next() else {
            let change = Change::Prepared { current: kid(&current)?, next: kid(&fresh)? };
            return Ok((Self { keys: vec![current, fresh] }, change));
        };
        let change = Change::Rotated { current: kid(&next)?, next: kid(&fresh)?, previous: kid(&current)? };
        Ok((Self { keys: vec![next, fresh, current] }, change))
    }

    /// How long after it was written it may be changed; `first` when it is the first that this shop has.
    #[must_use]
    pub fn rest(&self, first: bool) -> Duration {
        match self.keys.len() {
            // One more can be published at any time; what was there from the start has been published from the start.
            0 | 1 => Duration::ZERO,
            2 if first => Duration::ZERO,
            2 => NOTICE,
            _ => OVERLAP,
        }
    }
}

fn kid(key: &Value) -> Result<String> {
    Ok(key["kid"].as_str().context("a key in it has no kid")?.to_owned())
}

/// A version of the secret.
struct Version {
    id: String,
    written_at: i64,
    text: String,
}

/// Changes the signing key of a shop at `now`, in seconds since 1970. With `force` not even one that was changed just
/// now is waited for.
///
/// # Errors
/// The secret is not there, is something else, or may not be read or written; it was changed too short a time ago; or
/// somebody else changed it meanwhile.
pub async fn rotate_keys(
    client: &Client,
    names: &Names,
    algorithm: Algorithm,
    force: bool,
    now: i64,
) -> Result<Change> {
    let name = names.secret("jwt-keys");
    let read = version(client, &name, "AWSCURRENT").await?;
    let read =
        read.with_context(|| format!("the secret {name} has no value: `secrets-init` gives it one"))?;
    let set: KeySet = serde_json::from_str(&read.text)
        .ok()
        .with_context(|| format!("the secret {name} is no set of keys"))?;
    if !force {
        let first = version(client, &name, "AWSPREVIOUS").await?.is_none();
        let age = Duration::from_secs(u64::try_from(now - read.written_at).unwrap_or(0));
        if let Some(left) = set.rest(first).checked_sub(age).filter(|left| !left.is_zero()) {
            bail!("{}", too_early(left));
        }
    }
    let fresh = tokio::task::spawn_blocking(move || private_jwk(algorithm)).await??;
    let (set, change) = set.rotated(fresh).with_context(|| format!("the secret {name}"))?;
    replace(client, &name, &read.id, &serde_json::to_string(&set)?, force).await?;
    Ok(change)
}

fn too_early(left: Duration) -> String {
    format!(
        "the keys were changed a short time ago, and a token or somebody who verifies one may still need the old ones: \
         wait {} minutes, or FORCE=1",
        left.as_secs().div_ceil(60)
    )
}

async fn version(client: &Client, name: &str, stage: &str) -> Result<Option<Version>> {
    let request = client.get_secret_value().secret_id(name).version_stage(stage);
    let found = match request.send().await {
        Ok(found) => found,
        Err(error)
            if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("reading the secret {name}")),
    };
    // The emulator has versions without a value.
    let Some(text) = found.secret_string() else { return Ok(None) };
    Ok(Some(Version {
        id: found.version_id().with_context(|| format!("the secret {name} has no version"))?.to_owned(),
        written_at: found.created_date().map_or(0, aws_sdk_secretsmanager::primitives::DateTime::secs),
        text: text.to_owned(),
    }))
}

/// Writes a new version in the place of the one that was read.
///
/// Secrets Manager has no condition for that. But it refuses a second version with the token of another, so two changes
/// that began with the same version cannot both be made; and it says afterwards which version was replaced.
async fn replace(client: &Client, name: &str, read: &str, text: &str, force: bool) -> Result<()> {
    let token = if force { random::token() } else { token_after(read) };
    let request = client.put_secret_value().secret_id(name).client_request_token(token).secret_string(text);
    match request.send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(PutSecretValueError::is_resource_exists_exception) =>
        {
            bail!(
                "the keys have been changed from this version before, or by somebody else at this moment: nothing \
                 was written. If they were set back on purpose: FORCE=1"
            );
        }
        Err(error) => return Err(error).with_context(|| format!("writing the secret {name}")),
    }
    let replaced = version(client, name, "AWSPREVIOUS").await?.map(|version| version.id);
    ensure!(
        replaced.as_deref() == Some(read),
        "somebody else changed the secret {name} at the same moment, and their version {} is replaced: the keys that \
         are in it and not in the new one sign nothing from now on. Look at both, and run this again",
        replaced.as_deref().unwrap_or("(unknown)")
    );
    Ok(())
}

/// The same for every change that begins with the version `read`, and as long as a token may be.
fn token_after(read: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("rotation of {read}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(kids: &[&str]) -> KeySet {
        KeySet { keys: kids.iter().map(|kid| json!({ "kid": kid, "d": format!("d of {kid}") })).collect() }
    }

    fn rotated(kids: &[&str]) -> (Vec<String>, Change) {
        let (set, change) = set(kids).rotated(json!({ "kid": "fresh" })).unwrap();
        (set.keys.iter().map(|key| kid(key).unwrap()).collect(), change)
    }

    fn changed_over(current: &str, previous: &str) -> Change {
        let [current, next, previous] = [current, "fresh", previous].map(str::to_owned);
        Change::Rotated { current, next, previous }
    }

    #[test]
    fn the_next_key_signs_and_the_one_before_stays_until_the_next_change() {
        let (kids, change) = rotated(&["a", "b"]);
        assert_eq!((kids, change), (["b", "fresh", "a"].map(str::to_owned).to_vec(), changed_over("b", "a")));
        let (kids, change) = rotated(&["b", "c", "a"]);
        assert_eq!((kids, change), (["c", "fresh", "b"].map(str::to_owned).to_vec(), changed_over("c", "b")));
    }

    #[test]
    fn a_single_key_signs_on_until_another_is_known() {
        let (kids, change) = rotated(&["a"]);
        let [current, next] = ["a", "fresh"].map(str::to_owned);
        assert_eq!((kids, change), (vec![current.clone(), next.clone()], Change::Prepared { current, next }));
    }

    #[test]
    fn keys_are_kept_whole() {
        let (set, _) = set(&["a", "b"]).rotated(json!({ "kid": "fresh" })).unwrap();
        assert_eq!(set.keys[0], json!({ "kid": "b", "d": "d of b" }));
    }

    #[test]
    fn a_set_without_keys_or_ids_is_refused() {
        assert!(set(&[]).rotated(json!({ "kid": "fresh" })).is_err());
        let nameless = KeySet { keys: vec![json!({}), json!({ "kid": "b" })] };
        assert!(nameless.rotated(json!({ "kid": "fresh" })).is_err());
    }

    #[test]
    fn a_set_rests_as_long_as_somebody_may_need_the_one_before_it() {
        assert_eq!(set(&["a"]).rest(false), Duration::ZERO);
        assert_eq!(set(&["a", "b"]).rest(true), Duration::ZERO);
        assert_eq!(set(&["a", "b"]).rest(false), NOTICE);
        assert_eq!(set(&["b", "c", "a"]).rest(false), OVERLAP);
        assert!(too_early(Duration::from_secs(61)).contains("wait 2 minutes"));
    }

    #[test]
    fn two_changes_of_one_version_have_one_token() {
        assert_eq!(token_after("v1"), token_after("v1"));
        assert_ne!(token_after("v1"), token_after("v2"));
        assert!((32..=64).contains(&token_after("v1").len()));
    }
}
