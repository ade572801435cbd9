//! DynamoDB tables: on demand, all keys strings, indexes with all attributes.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    TableDescription, TimeToLiveSpecification,
};
use cartwright_contracts::{Index, Names, Table};

use crate::aws::Aws;

pub(super) async fn table(aws: &Aws, names: &Names, table: &Table) -> Result<()> {
    let name = names.of(&table.name);
    let request = aws
        .dynamodb
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes(table)?))
        .set_key_schema(Some(keys(&table.partition_key, table.sort_key.as_deref())?))
        .set_global_secondary_indexes(indexes(&table.indexes)?);
    match request.send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            return add_indexes(aws, &name, table).await;
        }
        Err(error) => return Err(error).with_context(|| format!("making the table {name}")),
    }
    if let Some(attribute) = &table.ttl_attribute {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build()?;
        let request = aws.dynamodb.update_time_to_live().table_name(&name).time_to_live_specification(expiry);
        request.send().await.with_context(|| format!("setting the expiry of {name}"))?;
    }
    Ok(())
}

/// A table that an earlier version made gets the indexes that have been added since.
async fn add_indexes(aws: &Aws, name: &str, table: &Table) -> Result<()> {
    let described = aws.dynamodb.describe_table().table_name(name).send().await;
    let described = described.with_context(|| format!("looking at the table {name}"))?;
    let there = described.table().map(TableDescription::global_secondary_indexes).unwrap_or_default();
    let is_there = |index: &&Index| there.iter().any(|one| one.index_name() == Some(&index.name));
    // One in each call is what DynamoDB takes.
    for index in table.indexes.iter().filter(|index| !is_there(index)) {
        let create = CreateGlobalSecondaryIndexAction::builder()
            .index_name(&index.name)
            .set_key_schema(Some(keys(&index.partition_key, index.sort_key.as_deref())?))
            .projection(everything())
            .build()?;
        let request = aws
            .dynamodb
            .update_table()
            .table_name(name)
            .set_attribute_definitions(Some(attributes(table)?))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build());
        request.send().await.with_context(|| format!("adding the index {} to {name}", index.name))?;
    }
    Ok(())
}

/// The attributes that are part of a key, each once.
fn attributes(table: &Table) -> Result<Vec<AttributeDefinition>, BuildError> {
    let own = [Some(&table.partition_key), table.sort_key.as_ref()];
    let indexed =
        table.indexes.iter().flat_map(|index| [Some(&index.partition_key), index.sort_key.as_ref()]);
    let names: BTreeSet<&String> = own.into_iter().chain(indexed).flatten().collect();
    names
        .into_iter()
        .map(|name| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
        })
        .collect()
}

fn keys(partition: &str, sort: Option<&str>) -> Result<Vec<KeySchemaElement>, BuildError> {
    std::iter::once((partition, KeyType::Hash))
        .chain(sort.map(|name| (name, KeyType::Range)))
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

fn indexes(indexes: &[Index]) -> Result<Option<Vec<GlobalSecondaryIndex>>, BuildError> {
    if indexes.is_empty() {
        return Ok(None);
    }
    let build = |index: &Index| {
        GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(keys(&index.partition_key, index.sort_key.as_deref())?))
            .projection(everything())
            .build()
    };
    indexes.iter().map(build).collect::<Result<_, _>>().map(Some)
}

fn everything() -> Projection {
    Projection::builder().projection_type(ProjectionType::All).build()
}
