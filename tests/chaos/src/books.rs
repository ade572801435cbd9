//! Everything the checker reads: three databases, the notifications table and the mail that went out.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use localstack::Stack;
use localstack::databases::Database;
use sqlx::PgPool;

/// Access to a stack's data.
#[derive(Debug, Clone)]
pub struct Books {
    /// The product service's database.
    pub products: PgPool,
    /// The order service's database.
    pub orders: PgPool,
    /// The user service's database.
    pub users: PgPool,
    dynamodb: aws_sdk_dynamodb::Client,
    table: String,
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
    pub async fn of(stack: &Stack) -> Result<Self> {
        let pool = async |database| {
            PgPool::connect(&stack.database_url(database)).await.context("opening the books")
        };
        Ok(Self {
            products: pool(Database::Products).await?,
            orders: pool(Database::Orders).await?,
            users: pool(Database::Users).await?,
            dynamodb: stack.aws().dynamodb.clone(),
            table: stack.names().of("notifications"),
        })
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
        let key = AttributeValue::S(id.to_owned());
        let found = self.dynamodb.get_item().table_name(&self.table).key("id", key).send().await?;
        let mut item = found.item.context("no such notification")?;
        item.insert("id".to_owned(), AttributeValue::S(copy.to_owned()));
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
