//! The notification worker with what it needs: AWS resources of its own, a mail server, and somebody who knows addresses.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use cartwright_types::{SystemClock, new_uuid, random};
use localstack::aws::{ACCOUNT_ID, Aws, REGION};
use localstack::dead_letters::DeadLetters;
use localstack::ports::Port;
use localstack::provision::{names, provision};
use serde_json::json;
use uuid::Uuid;

use super::contacts;
use super::post_office::PostOffice;

/// The queue of the events.
const QUEUE: &str = "notification-events";
/// A lease that outlasts what the worker waits for a mail server by a little.
const LEASE_SECONDS: u32 = 20;

/// All of it.
pub struct Rig {
    pub aws: Aws,
    pub office: PostOffice,
    pub letters: DeadLetters,
    names: cartwright_contracts::Names,
    environment: Vec<(&'static str, String)>,
    binary: PathBuf,
    log: PathBuf,
    worker: Option<std::process::Child>,
    _ports: [Port; 2],
}

impl Rig {
    /// Makes everything on the emulator at `endpoint`; the worker is not started. A message waits at most `retry_base` seconds
    /// before it is tried a second time.
    ///
    /// # Errors
    /// The emulator does not answer, or a port is not to be had.
    pub async fn new(
        endpoint: &str,
        binaries: &std::path::Path,
        log: PathBuf,
        retry_base: u32,
    ) -> Result<Self> {
        let names = names(&format!("t{:08x}", u32::from_le_bytes(random::bytes())));
        let aws = Aws::at(endpoint).await;
        Box::pin(provision(&aws, &names, "shop@cartwright.example")).await?;
        let letters = DeadLetters::of(aws.sqs.clone(), &names.of(QUEUE)).await?;
        let (office, contacts) = (PostOffice::open().await?, contacts::serve().await?);
        let ports = [Port::any()?, Port::any()?];
        let environment = vec![
            ("APP_ENV", "test".to_owned()),
            ("ROLE", "worker".to_owned()),
            ("HOST", "127.0.0.1".to_owned()),
            ("ADMIN_HOST", "127.0.0.1".to_owned()),
            ("PORT", ports[0].number().to_string()),
            ("ADMIN_PORT", ports[1].number().to_string()),
            ("LOG_LEVEL", "warn".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCOUNT_ID", ACCOUNT_ID.to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("RESOURCE_PREFIX", names.prefix.clone()),
            ("SECRETS_PREFIX", names.secrets_prefix.clone()),
            ("USER_SERVICE_URL", contacts.clone()),
            ("ORDER_SERVICE_URL", contacts),
            ("PUBLIC_URL", "https://shop.example".to_owned()),
            ("SHOP_NAME", "Cartwright".to_owned()),
            ("MAIL_FROM", "shop@cartwright.example".to_owned()),
            ("EMAIL_PROVIDERS", "smtp".to_owned()),
            ("SMTP_URL", office.url()),
            ("SENDING_LEASE_SECONDS", LEASE_SECONDS.to_string()),
            ("RETRY_BASE_SECONDS", retry_base.to_string()),
        ];
        let binary = binaries.join("notification");
        anyhow::ensure!(binary.is_file(), "{} is not built", binary.display());
        Ok(Self { aws, office, letters, names, environment, binary, log, worker: None, _ports: ports })
    }

    /// Queues an event of each of `count` users; the addresses that are to get a mail, and none of them twice.
    ///
    /// # Errors
    /// The queue does not take them.
    pub async fn queue_events(&self, count: usize) -> Result<Vec<String>> {
        let url = self.queue_url().await?;
        let users: Vec<Uuid> = (0..count).map(|_| new_uuid(&SystemClock)).collect();
        for batch in users.chunks(10) {
            let mut request = self.aws.sqs.send_message_batch().queue_url(&url);
            for (at, user) in batch.iter().enumerate() {
                let body = json!({
                    "id": new_uuid(&SystemClock), "type": "user.verified", "version": 1,
                    "occurred_at": "2026-11-02T10:00:00Z", "actor": "system", "trace": {},
                    "aggregate": { "kind": "user", "id": user, "version": 1 }, "data": { "user_id": user },
                });
                let entry =
                    SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(body.to_string());
                request = request.entries(entry.build()?);
            }
            let answer = request.send().await.context("queueing events")?;
            anyhow::ensure!(answer.failed().is_empty(), "the queue refused events");
        }
        Ok(users.iter().map(|user| contacts::address(&user.to_string())).collect())
    }

    /// Messages in the queue, hidden ones too.
    ///
    /// # Errors
    /// The queue does not answer.
    pub async fn queued(&self) -> Result<usize> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.aws.sqs.get_queue_attributes().queue_url(self.queue_url().await?);
        let answer = request.set_attribute_names(Some(names.to_vec())).send().await?;
        let attributes = answer.attributes.unwrap_or_default();
        Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<usize>().ok()).sum())
    }

    /// Starts a worker.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.worker = Some(command.spawn().context("starting the worker")?);
        Ok(())
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            worker.kill().ok();
            worker.wait().ok();
        }
    }

    /// The rows: id of each and what is known of it.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let request = self.aws.dynamodb.scan().table_name(self.names.of("notifications"));
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.context("reading the rows")?.items() {
                let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
                let attempts = item.get("attempts").and_then(|value| value.as_l().ok());
                let words = |name: &str| -> BTreeSet<String> {
                    let all = attempts.into_iter().flatten().filter_map(|attempt| attempt.as_m().ok());
                    all.filter_map(|attempt| attempt.get(name)?.as_s().ok().cloned()).collect()
                };
                rows.push(Row {
                    address: contacts::address(&text("user_id").unwrap_or_default()),
                    status: text("status").unwrap_or_default(),
                    outcomes: words("outcome"),
                    reasons: words("reason"),
                });
            }
        }
        Ok(rows)
    }

    async fn queue_url(&self) -> Result<String> {
        let answer = self.aws.sqs.get_queue_url().queue_name(self.names.of(QUEUE)).send().await?;
        answer.queue_url.context("the queue has no URL")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Of whom it is.
    pub address: String,
    /// Where it stands.
    pub status: String,
    /// What its attempts came to.
    pub outcomes: BTreeSet<String>,
    /// And why.
    pub reasons: BTreeSet<String>,
}
