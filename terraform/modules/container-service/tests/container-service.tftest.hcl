mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-test:1" }
  }
}

variables {
  name               = "order-service"
  prefix             = "acme-test"
  image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  cpu                = 256
  memory             = 512
  scale              = { min = 2, max = 6, backlog_per_task = 500 }
  port               = 8003
  environment        = { ROLE = "all", AWS_REGION = "eu-central-1", PORT = "8003" }
  role_arn           = "arn:aws:iam::123456789012:role/acme-test-order-service"
  execution_role_arn = "arn:aws:iam::123456789012:role/acme-test-order-service-execution"
  cluster            = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/acme-test", name = "acme-test" }
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
  namespace_id       = "ns-1"
  queues             = { order-events = "acme-test-order-events", order-commands = "acme-test-order-commands" }
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_container_has_no_rights" {
  command = plan

  assert {
    condition     = local.container.readonlyRootFilesystem && !local.container.privileged && local.container.user == "65532:65532"
    error_message = "It writes nowhere and is not root."
  }

  assert {
    condition     = local.container.linuxParameters.capabilities.drop == ["ALL"] && length(local.container.linuxParameters.capabilities.add) == 0
    error_message = "It has no capabilities."
  }

  assert {
    condition     = local.container.environment == [{ name = "AWS_REGION", value = "eu-central-1" }, { name = "PORT", value = "8003" }, { name = "ROLE", value = "all" }]
    error_message = "Variables are in a fixed order, or each plan would differ."
  }

  assert {
    condition     = toset(keys(local.container.healthCheck)) == toset(["command", "interval", "timeout", "retries", "startPeriod"])
    error_message = "Every default of the health check is written out."
  }

  assert {
    condition     = local.container.healthCheck.command == ["CMD", "/service", "healthcheck"]
    error_message = "There is no shell in the image to run a check."
  }

  assert {
    condition     = local.container.stopTimeout == 60
    error_message = "The program ends within 50 seconds of being told to."
  }

  assert {
    condition     = local.container.logConfiguration.options.mode == "non-blocking" && local.container.logConfiguration.options.awslogs-group == aws_cloudwatch_log_group.this.name
    error_message = "A log that stands still does not stop the program."
  }
}

run "a_bad_deployment_goes_back" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "The circuit breaker rolls back."
  }

  assert {
    condition     = aws_ecs_service.this.alarms[0].enable && aws_ecs_service.this.alarms[0].rollback && aws_ecs_service.this.alarms[0].alarm_names == toset(["acme-test-order-service-server-errors"])
    error_message = "The alarm on server errors rolls back."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.server_errors[0].evaluation_periods == 3 && aws_cloudwatch_metric_alarm.server_errors[0].datapoints_to_alarm == 2 && aws_cloudwatch_metric_alarm.server_errors[0].treat_missing_data == "notBreaching"
    error_message = "Two of three minutes; a quiet service does not ring."
  }

  assert {
    condition = alltrue([
      for query in aws_cloudwatch_metric_alarm.server_errors[0].metric_query : query.metric[0].dimensions.service == "order-service" if length(query.metric) > 0
    ])
    error_message = "The alarm looks at this service."
  }

  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 100 && aws_ecs_service.this.deployment_maximum_percent == 200
    error_message = "A deployment takes nothing away before the new is there."
  }

  assert {
    condition     = !aws_ecs_service.this.enable_execute_command && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "Nobody gets in."
  }
}

run "it_scales" {
  command = plan

  assert {
    condition     = aws_appautoscaling_target.this[0].min_capacity == 2 && aws_appautoscaling_target.this[0].max_capacity == 6 && aws_appautoscaling_target.this[0].resource_id == "service/acme-test/order-service"
    error_message = "Between two and six tasks of this service."
  }

  assert {
    condition = contains([
      for metric in aws_appautoscaling_policy.backlog[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics : metric.expression
    ], "(FILL(queue_order_commands, 0) + FILL(queue_order_events, 0)) / IF(tasks > 0, tasks, 1)")
    error_message = "All queues count, and no task is not a division by zero."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.requests) == 0 && length(aws_appautoscaling_policy.cpu) == 1
    error_message = "Requests are counted behind a load balancer only; the processor always."
  }
}

run "behind_a_load_balancer" {
  command = plan

  variables {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/acme/1"
    load_balancer    = { arn_suffix = "app/acme/1", target_group_arn_suffix = "targetgroup/acme/1" }
    queues           = {}
    scale            = { min = 2, max = 6, requests_per_target = 30000 }
  }

  assert {
    condition     = aws_appautoscaling_policy.requests[0].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/acme/1/targetgroup/acme/1"
    error_message = "Requests of this target group count."
  }

  assert {
    condition     = one(aws_ecs_service.this.load_balancer).container_port == 8003 && length(aws_appautoscaling_policy.backlog) == 0
    error_message = "The load balancer reaches the program's port."
  }
}

run "as_on_the_emulator" {
  command = plan

  variables {
    image        = "registry.example/acme/order-service:local"
    allow_tag    = true
    autoscaling  = false
    namespace_id = null
  }

  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && length(aws_appautoscaling_policy.cpu) == 0 && length(aws_service_discovery_service.this) == 0
    error_message = "What the emulator does not have is left out."
  }
}

run "an_image_by_tag_is_refused" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service:latest"
  }

  expect_failures = [var.image]
}

run "more_at_least_than_at_most_is_refused" {
  command = plan

  variables {
    scale = { min = 3, max = 2 }
  }

  expect_failures = [var.scale]
}

run "a_backlog_without_queues_is_refused" {
  command = plan

  variables {
    queues = {}
  }

  expect_failures = [var.scale]
}

run "a_size_that_fargate_lacks_is_refused" {
  command = plan

  variables {
    cpu    = 1024
    memory = 512
  }

  expect_failures = [var.memory]
}
