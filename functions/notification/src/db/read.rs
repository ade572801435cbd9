//! Reading rows, for the history and for what is to be done with all of a user's.

use cartwright_types::{NotificationId, OrderId, UserId};

use super::item::{Item, text};
use super::{Notifications, StoreError};
use crate::domain::Notification;

/// What a history is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `email`
    pub channel: Option<String>,
    /// A status' word.
    pub status: Option<String>,
    /// A template's key.
    pub template: Option<String>,
}

impl Notifications {
    /// The row with this id.
    ///
    /// # Errors
    /// The table does not answer, or the row cannot be read.
    pub async fn find(&self, id: NotificationId) -> Result<Option<Notification>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        item.as_ref().map(Notification::try_from).transpose()
    }

    /// Up to `most` rows of `user`, newest first, from after `after`. The index is behind the table by moments.
    ///
    /// # Errors
    /// The table does not answer, or a row cannot be read.
    pub async fn of_user(
        &self,
        user: UserId,
        filter: &Filter,
        after: Option<NotificationId>,
        most: usize,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut rows = Vec::new();
        let mut from: Option<Item> = None;
        // DynamoDB filters what it has read, so a page of its own may hold fewer rows than there are, or none.
        loop {
            let answer = self.query(user, filter, after).set_exclusive_start_key(from.take()).send().await;
            let answer = answer.map_err(StoreError::from_sdk)?;
            for item in answer.items() {
                rows.push(Notification::try_from(item)?);
                if rows.len() == most {
                    return Ok(rows);
                }
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(rows),
            }
        }
    }

    /// Up to `most` rows about `order` that `fit`, newest first. The index is sparse: a row that names no order, as those of before
    /// rows named theirs, is not in it. It is behind the table by moments.
    ///
    /// # Errors
    /// The table does not answer, or a row cannot be read.
    pub async fn of_order(
        &self,
        order: OrderId,
        most: usize,
        fit: impl Fn(&Notification) -> bool,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut rows = Vec::new();
        let mut from: Option<Item> = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_order")
                .scan_index_forward(false)
                .limit(PAGE)
                .key_condition_expression("order_id = :order")
                .expression_attribute_values(":order", text(order));
            let answer = query.set_exclusive_start_key(from.take()).send().await;
            let answer = answer.map_err(StoreError::from_sdk)?;
            for item in answer.items() {
                let row = Notification::try_from(item)?;
                if fit(&row) {
                    rows.push(row);
                }
                if rows.len() == most {
                    return Ok(rows);
                }
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(rows),
            }
        }
    }

    fn query(
        &self,
        user: UserId,
        filter: &Filter,
        after: Option<NotificationId>,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_user")
            .scan_index_forward(false)
            .limit(PAGE)
            .expression_attribute_values(":user", text(user));
        query = match after {
            Some(id) => query
                .key_condition_expression("user_id = :user AND id < :after")
                .expression_attribute_values(":after", text(id)),
            None => query.key_condition_expression("user_id = :user"),
        };
        let wanted =
            [("channel", &filter.channel), ("status", &filter.status), ("template", &filter.template)];
        let mut conditions = Vec::new();
        for (name, value) in wanted {
            if let Some(value) = value {
                conditions.push(format!("#{name} = :{name}"));
                query = query
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), text(value));
            }
        }
        if conditions.is_empty() { query } else { query.filter_expression(conditions.join(" AND ")) }
    }
}

/// Rows read at once.
const PAGE: i32 = 101;
