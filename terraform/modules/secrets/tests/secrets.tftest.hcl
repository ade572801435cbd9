mock_provider "aws" {}

variables {
  prefix      = "acme/prod/"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  secrets = [
    { name = "jwt-keys", kind = "rsa_jwk_set", readers = ["user"] },
    { name = "identity/user", kind = "rotating_hmac_keys", readers = ["user", "order"] },
    { name = "database/migrator", kind = "password", readers = [] },
  ]
}

run "containers_for_secrets" {
  command = plan

  assert {
    condition     = output.names == { jwt-keys = "acme/prod/jwt-keys", "identity/user" = "acme/prod/identity/user", "database/migrator" = "acme/prod/database/migrator" }
    error_message = "Names are the prefix and the logical name."
  }

  assert {
    condition     = alltrue([for secret in values(aws_secretsmanager_secret.this) : secret.kms_key_id == var.kms_key_arn && secret.recovery_window_in_days == 30])
    error_message = "Secrets have the key that was given and can be restored for 30 days."
  }

  assert {
    condition     = endswith(aws_secretsmanager_secret.this["identity/user"].description, "read by order, user")
    error_message = "A secret says who reads it."
  }
}

run "a_prefix_without_its_slash_is_refused" {
  command = plan

  variables {
    prefix = "acme/prod"
  }

  expect_failures = [var.prefix]
}

run "a_kind_that_does_not_exist_is_refused" {
  command = plan

  variables {
    secrets = [{ name = "jwt-keys", kind = "pem", readers = [] }]
  }

  expect_failures = [var.secrets]
}

run "a_name_that_looks_like_an_arn_s_end_is_refused" {
  command = plan

  variables {
    secrets = [{ name = "stripe-secret", kind = "password", readers = [] }]
  }

  expect_failures = [var.secrets]
}

run "a_window_shorter_than_aws_allows_is_refused" {
  command = plan

  variables {
    recovery_window_days = 3
  }

  expect_failures = [var.recovery_window_days]
}
