# The real provider with made-up credentials: policies are asserted as AWS would get them, and AWS is not called.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name       = "acme-prod"
  account_id = "123456789012"
  region     = "eu-central-1"
}

run "the_keys_of_an_environment" {
  command = plan

  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_key.commands.enable_key_rotation
    error_message = "Both keys rotate."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.data.policy).Statement :
      statement.Condition.StringEquals["aws:SourceAccount"] if statement.Sid == "Senders"
    ] == ["123456789012"]
    error_message = "AWS services use the data key for this account only."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.data.policy).Statement :
      toset(statement.Principal.Service) == toset(["events.amazonaws.com", "s3.amazonaws.com", "ses.amazonaws.com", "sns.amazonaws.com"])
      && toset(statement.Action) == toset(["kms:Decrypt", "kms:GenerateDataKey*"])
      if statement.Sid == "Senders"
    ])
    error_message = "Topics, buckets, SES and EventBridge may write to what is encrypted, and nothing more."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.data.policy).Statement :
      [statement.Principal.Service, statement.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"]] if statement.Sid == "Logs"
    ] == [["logs.eu-central-1.amazonaws.com", "arn:aws:logs:eu-central-1:123456789012:log-group:*"]]
    error_message = "CloudWatch Logs encrypts the log groups of this account and region."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.commands.policy).Statement :
      keys(statement.Principal) == ["AWS"] && statement.Principal.AWS == "arn:aws:iam::123456789012:root"
    ])
    error_message = "No AWS service has the key of the commands."
  }

  assert {
    condition     = toset(output.aliases) == toset(["alias/acme-prod-data", "alias/acme-prod-commands"])
    error_message = "Aliases are known in a plan."
  }
}

run "an_account_that_is_none_is_refused" {
  command = plan

  variables {
    account_id = "acme"
  }

  expect_failures = [var.account_id]
}

run "a_key_gone_at_once_is_refused" {
  command = plan

  variables {
    deletion_window_days = 1
  }

  expect_failures = [var.deletion_window_days]
}
