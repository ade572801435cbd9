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
  name        = "acme-prod"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  queue_arns  = { image-uploads = "arn:aws:sqs:eu-central-1:123456789012:acme-prod-image-uploads" }

  browser_origins = ["https://acme.example", "https://admin.acme.example"]

  buckets = [
    { name = "images", public_read = true },
    { name = "invoices" },
    {
      name          = "uploads", expire_after_days = 1, browser_uploads = true
      notifications = [{ queue = "image-uploads", events = ["s3:ObjectCreated:*"], prefix = "images/" }]
    },
  ]
}

run "buckets_are_closed" {
  command = plan

  assert {
    condition = alltrue([
      for block in concat(values(aws_s3_bucket_public_access_block.this), [aws_s3_bucket_public_access_block.logs]) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.this) == 3
    error_message = "No bucket can be opened to the public, not the images' either."
  }

  assert {
    condition     = toset(keys(aws_s3_bucket_policy.this)) == toset(["invoices", "uploads"])
    error_message = "The policy of a public_read bucket is left to the CDN."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_s3_bucket_policy.this)[*].policy, [aws_s3_bucket_policy.logs.policy]) :
      length([
        for statement in jsondecode(policy).Statement : statement
        if statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && length(statement.Resource) == 2
      ]) == 1
    ])
    error_message = "Plain HTTP is refused for the bucket and its objects."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this["invoices"].policy).Statement : statement.Effect == "Deny"])
    error_message = "Nobody gets at invoices by the bucket's policy."
  }
}

run "what_is_kept_and_for_how_long" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["invoices", "uploads"] : one(aws_s3_bucket_server_side_encryption_configuration.this[name].rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
    ]) && one(aws_s3_bucket_server_side_encryption_configuration.this["images"].rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "Private buckets have the data key, the public one S3's own."
  }

  assert {
    condition     = alltrue([for versioning in values(aws_s3_bucket_versioning.this) : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "What is overwritten can be got back."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["uploads"].rule[0].expiration[0].days == 1
    error_message = "Uploads are gone after a day."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["uploads"].rule[0].noncurrent_version_expiration[0].noncurrent_days == 1
    error_message = "An expired upload does not live on as an old version."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this["invoices"].rule[0].expiration) == 0 && aws_s3_bucket_lifecycle_configuration.this["invoices"].rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Invoices do not expire."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.logs.rule[0].expiration[0].days == 90
    error_message = "Access logs are kept for 90 days."
  }
}

run "who_is_told" {
  command = plan

  assert {
    condition = [
      for queue in aws_s3_bucket_notification.this["uploads"].queue : [queue.queue_arn, queue.filter_prefix]
    ] == [["arn:aws:sqs:eu-central-1:123456789012:acme-prod-image-uploads", "images/"]]
    error_message = "Uploads of pictures are told to their queue."
  }

  assert {
    condition     = keys(aws_s3_bucket_notification.this) == ["uploads"]
    error_message = "No other bucket tells anybody."
  }
}

run "who_uploads" {
  command = plan

  assert {
    condition     = keys(aws_s3_bucket_cors_configuration.this) == ["uploads"]
    error_message = "Pages send files to no other bucket."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_cors_configuration.this["uploads"].cors_rule : [rule.allowed_methods, rule.allowed_origins, rule.allowed_headers]
    ] == [[toset(["PUT"]), toset(["https://acme.example", "https://admin.acme.example"]), toset(["content-type"])]]
    error_message = "Pages of the shop may PUT, with the type that is signed, and nothing else."
  }
}

run "uploads_from_nowhere_are_refused" {
  command = plan

  variables {
    browser_origins = []
  }

  expect_failures = [var.browser_origins]
}

run "uploads_from_everywhere_are_refused" {
  command = plan

  variables {
    browser_origins = ["https://*.example"]
  }

  expect_failures = [var.browser_origins]
}

run "who_writes_logs" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement :
      [statement.Principal.Service, statement.Action, statement.Resource, statement.Condition.ArnLike["aws:SourceArn"]] if statement.Sid == "LoadBalancers"
      ] == [[
        "logdelivery.elasticloadbalancing.amazonaws.com", "s3:PutObject", "arn:aws:s3:::acme-prod-logs/*/AWSLogs/123456789012/*",
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/*",
    ]]
    error_message = "Load balancers of this account write their logs."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement :
      toset(statement.Condition.ArnEquals["aws:SourceArn"]) == toset(["arn:aws:s3:::acme-prod-images", "arn:aws:s3:::acme-prod-invoices", "arn:aws:s3:::acme-prod-uploads"]) if statement.Sid == "Buckets"
    ])
    error_message = "Only these buckets write their logs."
  }
}

run "public_pictures_that_expire_are_refused" {
  command = plan

  variables {
    buckets = [{ name = "images", public_read = true, expire_after_days = 30 }]
  }

  expect_failures = [var.buckets]
}

run "a_bucket_named_as_the_logs_is_refused" {
  command = plan

  variables {
    buckets = [{ name = "logs" }]
  }

  expect_failures = [var.buckets]
}

run "a_queue_that_does_not_exist_is_refused" {
  command = plan

  variables {
    queue_arns = {}
  }

  expect_failures = [var.queue_arns]
}
