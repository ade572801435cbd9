//! What a test needs of AWS, in the emulator that `make test` starts: under a prefix of its own.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use cartwright_contracts::resources;
use cartwright_runtime::Env;
use cartwright_runtime::aws::AwsSettings;
use cartwright_types::{SystemClock, new_uuid};

/// A corner of the emulator where nobody else is.
pub struct TestAws {
    /// Leads there.
    pub sdk: SdkConfig,
    /// `RESOURCE_PREFIX`, and with a slash `SECRETS_PREFIX`.
    pub prefix: String,
    /// What a program needs to find it.
    pub environment: Vec<(&'static str, String)>,
}

impl TestAws {
    /// An empty one.
    ///
    /// # Panics
    /// Without the emulator.
    pub async fn new() -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL")
            .expect("AWS_ENDPOINT_URL is not set: run `make test`, which starts the emulator");
        let prefix = format!("t{}-", new_uuid(&SystemClock).simple());
        let environment = vec![
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCOUNT_ID", "000000000000".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint),
            ("RESOURCE_PREFIX", prefix.clone()),
            ("SECRETS_PREFIX", format!("{prefix}/")),
        ];
        let mut env = Env::from_pairs(environment.clone());
        let sdk = AwsSettings::from_env(&mut env).sdk_config().await;
        Self { sdk, prefix, environment }
    }

    /// With a table as `resources.json` describes it.
    ///
    /// # Panics
    /// There is no such table there, or the emulator does not make it.
    pub async fn with_table(logical: &str) -> Self {
        Self::with_tables(&[logical]).await
    }

    /// With several of them.
    ///
    /// # Panics
    /// As [`Self::with_table`].
    pub async fn with_tables(logical: &[&str]) -> Self {
        let aws = Self::new().await;
        for logical in logical {
            aws.create_table(logical).await;
        }
        aws
    }

    /// The real name of a table.
    #[must_use]
    pub fn table(&self, logical: &str) -> String {
        format!("{}{logical}", self.prefix)
    }

    /// Makes a table as `resources.json` describes it.
    ///
    /// # Panics
    /// There is no such table there, or the emulator does not make it.
    pub async fn create_table(&self, logical: &str) {
        let table = resources().tables.iter().find(|table| table.name == logical);
        let table = table.expect("resources.json has the table");
        let keys = |partition: &str, sort: Option<&str>| -> Vec<KeySchemaElement> {
            let kinds = [(Some(partition), KeyType::Hash), (sort, KeyType::Range)];
            let named = kinds.into_iter().filter_map(|(name, kind)| Some((name?, kind)));
            named
                .map(|(name, kind)| {
                    let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
                    key.build().expect("a name and a kind are a key")
                })
                .collect()
        };
        let mut names: BTreeSet<&str> =
            [Some(table.partition_key.as_str()), table.sort_key.as_deref()].into_iter().flatten().collect();
        let mut request = Client::new(&self.sdk)
            .create_table()
            .table_name(self.table(logical))
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys(&table.partition_key, table.sort_key.as_deref())));
        for index in &table.indexes {
            names.extend(
                [Some(index.partition_key.as_str()), index.sort_key.as_deref()].into_iter().flatten(),
            );
            let built = GlobalSecondaryIndex::builder()
                .index_name(&index.name)
                .set_key_schema(Some(keys(&index.partition_key, index.sort_key.as_deref())))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build();
            request = request.global_secondary_indexes(built.expect("a name and keys are an index"));
        }
        for name in names {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute.attribute_type(ScalarAttributeType::S).build();
            request = request.attribute_definitions(attribute.expect("a name and a type are an attribute"));
        }
        request.send().await.expect("the emulator makes tables");
    }
}
