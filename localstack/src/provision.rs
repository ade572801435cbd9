//! Makes everything of `shared/contracts/resources.json` in the emulator. Running it twice changes nothing; what is
//! there, secrets above all, is kept.

mod buckets;
mod ec;
mod jwk;
mod mail;
mod push;
mod queues;
mod rotation;
mod rsa;
mod secrets;
mod tables;

use anyhow::Result;
use cartwright_contracts::{Names, resources};
use futures::future::try_join_all;
use futures::try_join;

use crate::aws::{ACCOUNT_ID, Aws, REGION};

pub use jwk::{Algorithm, private_jwk};
pub use rotation::{Change, KeySet, rotate_keys};
pub use secrets::fill_secrets;

/// The names of a set of resources: `cartwright-local-carts`, `cartwright/local/jwt-keys` for the stack `local`.
#[must_use]
pub fn names(stack: &str) -> Names {
    Names {
        prefix: format!("cartwright-{stack}-"),
        secrets_prefix: format!("cartwright/{stack}/"),
        region: REGION.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
    }
}

/// Makes all resources under these names, and lets `mail_from` send mail.
///
/// # Errors
/// The emulator refuses one, or does not answer.
pub async fn provision(aws: &Aws, names: &Names, mail_from: &str) -> Result<()> {
    let wanted = resources();
    // S3 wants a queue to be there, and open to it, before a bucket is told of it.
    let messaging = async {
        try_join_all(wanted.topics.iter().map(|topic| queues::topic(aws, names, topic))).await?;
        try_join_all(wanted.queues.iter().map(|queue| queues::queue(aws, names, queue))).await?;
        try_join_all(wanted.buckets.iter().map(|bucket| buckets::bucket(aws, names, bucket))).await?;
        Ok::<_, anyhow::Error>(())
    };
    try_join!(
        messaging,
        try_join_all(wanted.tables.iter().map(|table| tables::table(aws, names, table))),
        try_join_all(wanted.secrets.iter().map(|secret| secrets::secret(aws, names, secret))),
        mail::sender(aws, mail_from),
        push::application(aws, names, "GCM", "fcm"),
        push::application(aws, names, "APNS", "apns"),
    )?;
    Ok(())
}
