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
  name              = "acme-prod"
  account_id        = "123456789012"
  data_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  commands_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000"
  mail_events_topic = "mail-events"
  bucket_arns       = { uploads = "arn:aws:s3:::acme-prod-uploads", invoices = "arn:aws:s3:::acme-prod-invoices" }
  bucket_queues     = { image-uploads = ["uploads"], commands = [] }

  topics = [{ name = "domain-events" }, { name = "mail-events" }]

  queues = [
    {
      name         = "order-events", consumer = "order", visibility_timeout_seconds = 60, max_receive_count = 5
      subscription = { topic = "domain-events", event_types = ["order.paid"] }
    },
    {
      name         = "mail-events", visibility_timeout_seconds = 60, max_receive_count = 5
      subscription = { topic = "mail-events", event_types = [] }
    },
    {
      name      = "commands", consumer = "notification", visibility_timeout_seconds = 60, max_receive_count = 5
      encrypted = true, dead_letter_retention_seconds = 3600
    },
    { name = "image-uploads", visibility_timeout_seconds = 60, max_receive_count = 3 },
  ]
}

run "topics_and_queues" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this["order-events"].name == "acme-prod-order-events" && aws_sns_topic.this["domain-events"].name == "acme-prod-domain-events"
    error_message = "Names are the environment's and the logical one."
  }

  assert {
    condition     = toset([for queue in values(aws_sqs_queue.dead_letter) : queue.name]) == toset([for queue in values(aws_sqs_queue.this) : "${queue.name}-dlq"])
    error_message = "Each queue has its dead-letter queue."
  }

  assert {
    condition = (
      aws_sqs_queue.dead_letter["order-events"].message_retention_seconds == 1209600 &&
      aws_sqs_queue.dead_letter["commands"].message_retention_seconds == 3600
    )
    error_message = "Dead letters stay for 14 days unless the queue says otherwise."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letter["order-events"].redrive_allow_policy).sourceQueueArns == ["arn:aws:sqs:eu-central-1:123456789012:acme-prod-order-events"]
    error_message = "A dead-letter queue takes the dead letters of its own queue only."
  }

  assert {
    condition = alltrue(flatten([
      for name in ["order-events", "mail-events", "image-uploads"] : [
        aws_sqs_queue.this[name].kms_master_key_id == var.data_key_arn,
        aws_sqs_queue.dead_letter[name].kms_master_key_id == var.data_key_arn,
      ]
    ]))
    error_message = "Queues have the data key."
  }

  assert {
    condition = (
      aws_sqs_queue.this["commands"].kms_master_key_id == var.commands_key_arn &&
      aws_sqs_queue.dead_letter["commands"].kms_master_key_id == var.commands_key_arn
    )
    error_message = "Tokens have their own key, in the dead letters too."
  }
}

run "subscriptions" {
  command = plan

  assert {
    condition     = toset(keys(aws_sns_topic_subscription.this)) == toset(["order-events", "mail-events"]) && alltrue(values(aws_sns_topic_subscription.this)[*].raw_message_delivery)
    error_message = "Queues that say so are subscribed, raw."
  }

  assert {
    condition = (
      jsondecode(aws_sns_topic_subscription.this["order-events"].filter_policy).event_type == ["order.paid"] &&
      aws_sns_topic_subscription.this["order-events"].filter_policy_scope == "MessageAttributes"
    )
    error_message = "The filter is on the attribute event_type."
  }

  assert {
    condition     = aws_sns_topic_subscription.this["mail-events"].filter_policy == null
    error_message = "No event types: no filter."
  }
}

run "who_may_send" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue_policy.this["order-events"].policy).Statement :
      [statement.Principal.Service, statement.Action, statement.Resource, statement.Condition.ArnEquals["aws:SourceArn"]] if statement.Sid == "Topic"
      ] == [
      ["sns.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:acme-prod-order-events", "arn:aws:sns:eu-central-1:123456789012:acme-prod-domain-events"]
    ]
    error_message = "A queue takes messages of its own topic only."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue_policy.this["image-uploads"].policy).Statement :
      [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"], statement.Condition.StringEquals["aws:SourceAccount"]] if statement.Effect == "Allow"
    ] == [["s3.amazonaws.com", "arn:aws:s3:::acme-prod-uploads", "123456789012"]]
    error_message = "Only the bucket of uploads, in this account, tells of uploads."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_sqs_queue_policy.this)[*].policy, values(aws_sqs_queue_policy.dead_letter)[*].policy, values(aws_sns_topic_policy.this)[*].policy) :
      length([
        for statement in jsondecode(policy).Statement : statement
        if statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ]) == 1
    ])
    error_message = "Topics, queues and dead-letter queues refuse plain HTTP."
  }

  assert {
    condition = alltrue([
      for policy in concat([aws_sqs_queue_policy.this["commands"].policy], values(aws_sqs_queue_policy.dead_letter)[*].policy) :
      alltrue([for statement in jsondecode(policy).Statement : statement.Effect == "Deny"])
    ])
    error_message = "To the commands and to dead letters no AWS service sends."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.this["mail-events"].policy).Statement :
      [statement.Principal.Service, statement.Condition.ArnEquals["aws:SourceArn"], statement.Condition.StringEquals["aws:SourceAccount"]] if statement.Effect == "Allow"
    ] == [["ses.amazonaws.com", "arn:aws:ses:eu-central-1:123456789012:configuration-set/acme-prod", "123456789012"]]
    error_message = "SES publishes for this shop's configuration set."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_sns_topic_policy.this["domain-events"].policy).Statement : statement.Effect == "Deny"])
    error_message = "No AWS service publishes domain events."
  }
}

run "a_subscription_to_no_topic_is_refused" {
  command = plan

  variables {
    queues = [{
      name         = "order-events", visibility_timeout_seconds = 60, max_receive_count = 5
      subscription = { topic = "orders", event_types = [] }
    }]
    bucket_queues = {}
  }

  expect_failures = [var.queues]
}

run "an_encrypted_queue_with_a_subscription_is_refused" {
  command = plan

  variables {
    queues = [{
      name      = "commands", visibility_timeout_seconds = 60, max_receive_count = 5
      encrypted = true, subscription = { topic = "domain-events", event_types = [] }
    }]
    bucket_queues = {}
  }

  expect_failures = [var.queues]
}

run "a_bucket_that_tells_an_encrypted_queue_is_refused" {
  command = plan

  variables {
    bucket_queues = { commands = ["uploads"] }
  }

  expect_failures = [var.bucket_queues]
}

run "a_queue_named_as_dead_letters_is_refused" {
  command = plan

  variables {
    queues        = [{ name = "orders-dlq", visibility_timeout_seconds = 60, max_receive_count = 5 }]
    bucket_queues = {}
  }

  expect_failures = [var.queues]
}

run "a_topic_of_mail_events_that_does_not_exist_is_refused" {
  command = plan

  variables {
    mail_events_topic = "mails"
  }

  expect_failures = [var.mail_events_topic]
}
