mock_provider "aws" {
  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:acme-test-order-service:live" }
  }
}

variables {
  name                 = "order-service"
  prefix               = "acme-test"
  image                = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  architecture         = "ARM64"
  memory               = 512
  environment          = { ROLE = "all", AWS_REGION = "eu-central-1" }
  role_arn             = "arn:aws:iam::123456789012:role/acme-test-order-service"
  subnet_ids           = ["subnet-1", "subnet-2"]
  security_group_ids   = ["sg-1"]
  reserved_concurrency = 20
  kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  queues = {
    order-events   = { arn = "arn:aws:sqs:eu-central-1:123456789012:acme-test-order-events", visibility_timeout_seconds = 60 }
    order-commands = { arn = "arn:aws:sqs:eu-central-1:123456789012:acme-test-order-commands", visibility_timeout_seconds = 60 }
  }
  internal = {
    listener_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/acme/1/2"
    host         = "order-service.acme-test.internal"
    priority     = 8003
  }
}

run "the_same_image_as_a_function" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.package_type == "Image" && aws_lambda_function.this.image_uri == var.image && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "Lambda runs the image that Fargate runs."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ ROLE = "all" })
    error_message = "Lambda refuses to be told its region."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 20 && aws_lambda_function.this.timeout == 10
    error_message = "Concurrency is bounded, for the database's sake."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.name == "live"
    error_message = "Everything invokes an alias, which can go back."
  }
}

run "messages_come_by_themselves" {
  command = plan

  assert {
    condition     = alltrue([for mapping in aws_lambda_event_source_mapping.queue : mapping.function_response_types == toset(["ReportBatchItemFailures"])])
    error_message = "A message that fails goes back alone."
  }

  assert {
    condition     = sum([for mapping in aws_lambda_event_source_mapping.queue : mapping.scaling_config[0].maximum_concurrency]) <= var.reserved_concurrency / 2
    error_message = "Queues leave half of the concurrency to requests."
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.live.maximum_retry_attempts == 0 && aws_cloudwatch_event_rule.schedule[0].schedule_expression == "rate(1 minute)"
    error_message = "The next minute is the schedule's second attempt."
  }
}

run "callers_come_by_host" {
  command = plan

  assert {
    condition     = one(one(aws_lb_listener_rule.internal[0].condition).host_header).values == toset(["order-service.acme-test.internal"])
    error_message = "The internal load balancer knows the service by its host."
  }

  assert {
    condition     = aws_lb_target_group.internal[0].lambda_multi_value_headers_enabled && aws_lb_target_group.internal[0].target_type == "lambda"
    error_message = "A header that comes twice reaches a function twice."
  }

  assert {
    condition     = aws_lambda_permission.internal[0].qualifier == "live" && aws_lambda_permission.internal[0].principal == "elasticloadbalancing.amazonaws.com"
    error_message = "The load balancer may invoke the alias."
  }

  assert {
    condition     = length(aws_lb_target_group_attachment.public) == 0
    error_message = "Only the gateway is public."
  }
}

run "the_gateway_is_public" {
  command = plan

  variables {
    name          = "api-gateway"
    internal      = null
    schedule      = false
    queues        = {}
    public_target = { target_group_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/acme/1" }
  }

  assert {
    condition     = aws_lambda_permission.public[0].source_arn == var.public_target.target_group_arn && length(aws_lb_listener_rule.internal) == 0
    error_message = "Its target group alone may invoke it."
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.schedule) == 0 && length(aws_lambda_event_source_mapping.queue) == 0
    error_message = "It has no work in the background."
  }
}

run "a_name_that_is_too_long_is_cut" {
  command = plan

  variables {
    prefix = "abcdefghij-klmnopqrs-staging"
    name   = "notification-service"
  }

  assert {
    condition     = length(aws_lb_target_group.internal[0].name) <= 32
    error_message = "Names of target groups have 32 characters."
  }
}

run "a_timeout_the_queue_does_not_wait_for_is_refused" {
  command = plan

  variables {
    timeout = 11
  }

  expect_failures = [var.queues]
}

run "a_timeout_nobody_waits_for_is_refused" {
  command = plan

  variables {
    timeout = 60
    queues  = {}
  }

  expect_failures = [var.timeout]
}

run "an_image_by_tag_is_refused" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service:latest"
  }

  expect_failures = [var.image]
}

run "unbounded_concurrency_is_refused" {
  command = plan

  variables {
    reserved_concurrency = -1
  }

  expect_failures = [var.reserved_concurrency]
}

run "more_warm_than_there_may_be_is_refused" {
  command = plan

  variables {
    provisioned_concurrency = 21
  }

  expect_failures = [var.provisioned_concurrency]
}
