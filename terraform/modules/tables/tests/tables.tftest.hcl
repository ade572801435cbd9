mock_provider "aws" {}

variables {
  name        = "acme-prod"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  tables = [
    { name = "carts", partition_key = "owner", ttl_attribute = "expires_at" },
    {
      name = "notifications", partition_key = "id"
      indexes = [
        { name = "by_user", partition_key = "user_id", sort_key = "id" },
        { name = "by_state", partition_key = "state", sort_key = "id" },
        { name = "by_order", partition_key = "order_id", sort_key = "created_at" },
      ]
    },
  ]
}

run "tables_as_described" {
  command = plan

  assert {
    condition     = toset([for table in values(aws_dynamodb_table.this) : table.name]) == toset(["acme-prod-carts", "acme-prod-notifications"])
    error_message = "Names are the environment's and the logical one."
  }

  assert {
    condition     = toset(aws_dynamodb_table.this["notifications"].attribute[*].name) == toset(["id", "user_id", "state", "order_id", "created_at"]) && length(aws_dynamodb_table.this["notifications"].attribute) == 5
    error_message = "Attributes of keys are declared, each once."
  }

  assert {
    condition     = aws_dynamodb_table.this["carts"].ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.this["carts"].ttl[0].enabled
    error_message = "Carts expire."
  }

  assert {
    condition     = toset([for index in aws_dynamodb_table.this["notifications"].global_secondary_index : "${index.hash_key}/${index.range_key}"]) == toset(["user_id/id", "state/id", "order_id/created_at"])
    error_message = "Indexes have their keys."
  }

  assert {
    condition = alltrue([
      for table in values(aws_dynamodb_table.this) :
      table.billing_mode == "PAY_PER_REQUEST" && table.deletion_protection_enabled && table.point_in_time_recovery[0].enabled && table.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    ])
    error_message = "Tables are protected, can be restored, and have the key that was given."
  }
}

run "a_key_that_expires_is_refused" {
  command = plan

  variables {
    tables = [{ name = "carts", partition_key = "owner", ttl_attribute = "owner" }]
  }

  expect_failures = [var.tables]
}

run "one_name_for_two_tables_is_refused" {
  command = plan

  variables {
    tables = [{ name = "carts", partition_key = "owner" }, { name = "carts", partition_key = "id" }]
  }

  expect_failures = [var.tables]
}
