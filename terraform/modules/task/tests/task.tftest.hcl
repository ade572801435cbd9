mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-test:1" }
  }
}

variables {
  name               = "order-migrate"
  prefix             = "acme-test"
  image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  environment        = { ROLE = "migrate", DATABASE_PASSWORD = "secretsmanager:acme/test/database/migrator#password" }
  role_arn           = "arn:aws:iam::123456789012:role/acme-test-order-migrate"
  execution_role_arn = "arn:aws:iam::123456789012:role/acme-test-order-migrate-execution"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_task_runs_once_with_no_rights" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.this.family == "acme-test-order-migrate" && local.container.name == "order-migrate"
    error_message = "It is found by its name."
  }

  assert {
    condition     = local.container.readonlyRootFilesystem && local.container.user == "65532:65532" && local.container.linuxParameters.capabilities.drop == ["ALL"]
    error_message = "It is hardened as a service is."
  }

  assert {
    condition     = length(local.container.portMappings) == 0
    error_message = "Nobody calls it."
  }

  assert {
    condition     = local.container.logConfiguration.options.mode == "blocking"
    error_message = "Its last line, which says why it failed, is not lost."
  }
}

run "a_task_without_a_role_is_refused" {
  command = plan

  variables {
    environment = { LOG_LEVEL = "info" }
  }

  expect_failures = [var.environment]
}

run "a_whole_service_is_refused" {
  command = plan

  variables {
    environment = { ROLE = "all" }
  }

  expect_failures = [var.environment]
}

run "an_image_by_tag_is_refused" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service:latest"
  }

  expect_failures = [var.image]
}
