//! Everything the checker reads: three databases, the notifications table, the queues and the mail that went out.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use localstack::Stack;
use localstack::databases::Database;
use localstack::mail::{Mail, Mailbox};
use sqlx::PgPool;

use crate::till::Till;

/// Access to a stack's data.
#[derive(Clone)]
pub struct Books {
    /// The product service's database.
    pub products: PgPool,
    /// The order service's database.
    pub orders: PgPool,
    /// The user service's database.
    pub users: PgPool,
    dynamodb: aws_sdk_dynamodb::Client,
    table: String,
    sqs: aws_sdk_sqs::Client,
    /// Name and URL of every queue, dead letters too.
    queues: Vec<(String, String)>,
    mailbox: Arc<dyn Mailbox>,
    /// The payment provider's.
    pub till: Arc<Till>,
}

/// What lies in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its logical name, `order-events` or `order-events-dlq`.
    pub queue: String,
    /// How many messages, those in work included.
    pub messages: u64,
}

/// A row of the notifications table, as far as the checker cares.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// Which text.
    pub template: String,
    /// Where it stands.
    pub status: String,
    /// The order it is about.
    pub order_id: Option<String>,
}

impl Books {
    /// The books of a stack.
    ///
    /// # Errors
    /// A database does not answer.
    pub async fn of(stack: &Stack, till: Arc<Till>) -> Result<Self> {
        let pool = async |database| {
            PgPool::connect(&stack.database_url(database)).await.context("opening the books")
        };
        let sqs = stack.aws().sqs.clone();
        let prefix = &stack.names().prefix;
        let found = sqs.list_queues().queue_name_prefix(prefix).send().await.context("listing the queues")?;
        let name =
            |url: &str| url.rsplit('/').next().unwrap_or_default().trim_start_matches(prefix).to_owned();
        let queues = found.queue_urls.unwrap_or_default().into_iter().map(|url| (name(&url), url)).collect();
        Ok(Self {
            products: pool(Database::Products).await?,
            orders: pool(Database::Orders).await?,
            users: pool(Database::Users).await?,
            dynamodb: stack.aws().dynamodb.clone(),
            table: stack.names().of("notifications"),
            sqs,
            queues,
            mailbox: stack.mailbox().await?.into(),
            till,
        })
    }

    /// The queues that are not empty.
    ///
    /// # Errors
    /// One cannot be asked.
    pub async fn waiting(&self) -> Result<Vec<Waiting>> {
        let all = stream::iter(self.queues.clone()).map(async |(queue, url)| -> Result<Waiting> {
            let request = self.sqs.get_queue_attributes().queue_url(url);
            let answer = request.attribute_names(QueueAttributeName::All).send().await?;
            let attributes = answer.attributes.unwrap_or_default();
            let count = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            let messages = count(QueueAttributeName::ApproximateNumberOfMessages)
                + count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
                + count(QueueAttributeName::ApproximateNumberOfMessagesDelayed);
            Ok(Waiting { queue, messages })
        });
        let mut all: Vec<Waiting> = all.buffer_unordered(4).try_collect().await?;
        all.retain(|waiting| waiting.messages > 0);
        Ok(all)
    }

    /// Every mail that went out.
    ///
    /// # Errors
    /// The emulator does not show them.
    pub async fn mails(&self) -> Result<Vec<Mail>> {
        self.mailbox.all().await
    }

    /// Puts a message into a queue, for mutants.
    ///
    /// # Errors
    /// There is no such queue.
    pub async fn send(&self, queue: &str, body: &str) -> Result<()> {
        let url = self.queues.iter().find(|(name, _)| name == queue).map(|(_, url)| url);
        let request = self.sqs.send_message().queue_url(url.context("no such queue")?);
        request.message_body(body).send().await?;
        Ok(())
    }

    /// Every notification.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn notices(&self) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        let mut pages = self.dynamodb.scan().table_name(&self.table).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            notices.push(parse(&item?)?);
        }
        Ok(notices)
    }

    /// Removes or repeats a notification, for mutants.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn remove_notice(&self, id: &str) -> Result<()> {
        let request = self.dynamodb.delete_item().table_name(&self.table);
        request.key("id", AttributeValue::S(id.to_owned())).send().await?;
        Ok(())
    }

    /// Copies a notification under another id, for mutants.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn copy_notice(&self, id: &str, copy: &str) -> Result<()> {
        self.copy_notice_as(id, copy, "sent").await
    }

    /// The same in another status.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn copy_notice_as(&self, id: &str, copy: &str, status: &str) -> Result<()> {
        let key = AttributeValue::S(id.to_owned());
        let found = self.dynamodb.get_item().table_name(&self.table).key("id", key).send().await?;
        let mut item = found.item.context("no such notification")?;
        item.insert("id".to_owned(), AttributeValue::S(copy.to_owned()));
        item.insert("status".to_owned(), AttributeValue::S(status.to_owned()));
        self.dynamodb.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }
}

fn parse(item: &HashMap<String, AttributeValue>) -> Result<Notice> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Ok(Notice {
        id: text("id").context("a notification without id")?,
        template: text("template").context("a notification without template")?,
        status: text("status").context("a notification without status")?,
        order_id: text("order_id"),
    })
}
